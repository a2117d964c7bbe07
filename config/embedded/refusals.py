"""Why `up` does not start: one line that says what to do, before anything has been made."""

import errno
import ipaddress
import os
import socket
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from config.embedded.plan import Plan
from config.processes import wait_until


class RefusalError(Exception):
    """What is wrong, and what to do."""


def refuse_open_http(host: str, public_url: str, *, insecure: bool) -> None:
    if not (is_loopback(host) or public_url.startswith("https://") or insecure):
        raise RefusalError(
            f"--host {host} would offer plain http to the network. "
            "Set GATEPOST_PUBLIC_URL to the https address of your proxy, or add --insecure."
        )


def refuse_missing_folder(ready_file: Path | None) -> None:
    if ready_file and not (ready_file.parent.is_dir() and os.access(ready_file.parent, os.W_OK)):
        raise RefusalError(f"--ready-file {ready_file}: no file can be made in {ready_file.parent}. Name another one.")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def refuse_taken_port(plan: Plan, patience: float) -> None:
    """After a crash the former web process may need a moment to leave."""
    if not 1 <= plan.port <= 65535:
        raise RefusalError(f"--port {plan.port} is not between 1 and 65535.")
    if not wait_until(lambda: is_free(plan.host, plan.port), patience):
        raise RefusalError(f"Port {plan.port} is taken by another program. Choose another one with --port.")


def is_free(host: str, port: int) -> bool:
    try:
        candidates = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in candidates:
            with socket.socket(family, kind, protocol) as candidate:
                candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                candidate.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise RefusalError(
            f"Cannot listen on {host}, port {port}: {error.strerror}. Check --host and --port."
        ) from None
    return True


def refuse_unreachable_database(url: str) -> None:
    if not url:
        return
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.ProgrammingError:  # its text may quote any part of the URL
        raise RefusalError("DATABASE_URL is not a PostgreSQL URL. Use postgresql://user:password@host/name.") from None
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise RefusalError(f"Cannot use DATABASE_URL {without_password(url)}: {reason}") from None


def without_password(url: str) -> str:
    parts = conninfo_to_dict(url)
    return "{user}@{host}/{dbname}".format_map({"user": "", "host": "localhost", "dbname": ""} | parts)
