"""A mail server for tests: speaks enough of SMTP (RFC 5321) to take mail, and keeps it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class _Conversation(socketserver.StreamRequestHandler):
    server: "Mailbox"

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self._say("354 go on")
                self.server.mail.append(message_from_bytes(self._text(), policy=policy.default))
            self._say("221 bye" if verb == b"QUIT" else "250 done")

    def _text(self) -> bytes:
        return b"".join(iter(self.rfile.readline, b".\r\n"))

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """Listens on a free port of loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mail: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Take mail for the length of the block."""
    with Mailbox() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
