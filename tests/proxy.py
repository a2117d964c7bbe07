"""A TCP proxy in front of the control database, so that a test can take the database away from one process."""

import socket
import threading
from contextlib import contextmanager, suppress
from urllib.parse import quote

from django.db import connection


class Proxy:
    """Passes on what comes to 127.0.0.1:`port` until it is cut."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends = [self._listener]
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def database_url(self):
        """Return the URL of the test database by way of here."""
        to = connection.settings_dict
        user = f"{quote(to['USER'], safe='')}:{quote(to['PASSWORD'] or '', safe='')}"
        return f"postgresql://{user}@127.0.0.1:{self.port}/{quote(to['NAME'], safe='')}"

    def cut(self):
        """End every connection and take no more."""
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = _connect()
                self._ends += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _connect():
    to = connection.settings_dict
    host, port = to["HOST"] or "/var/run/postgresql", int(to["PORT"] or 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    end = socket.socket(socket.AF_UNIX)
    end.connect(f"{host}/.s.PGSQL.{port}")
    return end


def _pass_on(source, target):
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy():
    """Run one."""
    running = Proxy()
    try:
        yield running
    finally:
        running.cut()
