"""What `up` runs, in stages: PostgreSQL, then the preparation, then web and worker with beat."""

import http.client
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

from config.embedded.errors import ClusterError
from config.embedded.plan import Plan
from config.embedded.postgres import Cluster
from config.processes import tail
from config.supervisor import Child, Service, ServiceError, Signals

CHECKED = {"CELERY_SKIP_CHECKS": "1"}  # `prepare` has just run the system checks


class EmbeddedPostgres:
    """The cluster as a service."""

    def __init__(self, home: Path) -> None:
        self._cluster = Cluster(home)

    def start(self) -> None:
        try:
            self._cluster.start()
        except ClusterError as error:
            raise ServiceError(str(error)) from error

    def is_ready(self) -> bool:
        return True  # `start` has had an answer

    def fault(self) -> str | None:
        log = self._cluster.log
        return None if self._cluster.running() else f"postgres ended. The end of {log}:\n{tail(log)}"

    def stop(self, signals: Signals) -> None:
        self._cluster.stop()  # however often Ctrl-C is pressed


def stages(plan: Plan) -> list[list[Service]]:
    """Each begins when everything in the one before is ready. Web and worker do not need each other."""
    (plan.home / "queue").mkdir(mode=0o700, exist_ok=True)
    env = child_environment(plan)
    logs = plan.home / "logs"
    facts = ["--facts", str(plan.home / "facts.json"), *([] if plan.demo else ["--no-demo"])]
    prepare = [sys.executable, "manage.py", "prepare", *facts]
    # The app reads forwarded headers itself, from trusted proxies only.
    web = [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", plan.host, "--port", str(plan.port)),
        *("--loop", "uvloop", "--http", "httptools", "--ws", "none", "--no-proxy-headers", "--no-server-header"),
        *("--no-access-log", "--timeout-graceful-shutdown", "5"),
    ]
    worker = [
        *(sys.executable, "-m", "celery", "-A", "config.celery", "worker", "-P", "threads", "-c", "4", "-B"),
        *("-s", str(plan.home / "beat-schedule"), "--loglevel", "INFO", "--without-mingle", "--without-gossip"),
    ]
    return [
        [] if plan.database_url else [EmbeddedPostgres(plan.home)],
        [Child("prepare", prepare, logs / "prepare.log", env, once=True)],
        [
            Child("web", web, logs / "web.log", env, ready=lambda child: answers(plan)),
            Child(
                "worker", worker, logs / "worker.log", env | CHECKED, ready=lambda child: " ready." in child.output()
            ),
        ],
    ]


def child_environment(plan: Plan) -> dict[str, str]:
    return {
        **os.environ,
        **({"GATEPOST_INSECURE": "true"} if plan.insecure else {}),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "GATEPOST_HOME": str(plan.home),
        "GATEPOST_PUBLIC_URL": plan.base_url,
        "PYTHONUNBUFFERED": "1",
    }


def answers(plan: Plan) -> bool:
    """Readiness over real HTTP, under the public name."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(plan.host, plan.host)  # noqa: S104  # asks, binds nothing
    connection = http.client.HTTPConnection(here, plan.port, timeout=2)
    try:
        connection.request("GET", "/readyz", headers={"Host": urlsplit(plan.base_url).netloc})
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    # Work may be late because Gatepost was off; the worker, which starts too, will do it.
    return bool(answer.get("status") == "ready" or answer.get("missing") == ["background work"])
