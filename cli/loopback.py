"""RFC 8252 7.3: the listener on this computer to which the browser comes back."""

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from cli.errors import Refused

WAIT: Final = 600.0  # seconds: as long as the consent page lives
_HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'",
    "Connection": "close",
}
_PAGE: Final = '<!doctype html><html lang="en"><title>Gatepost</title><p>{}</p></html>'


class Listener(HTTPServer):
    """One port of 127.0.0.1, for one answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Callback)
        self.is_answer: Callable[[dict[str, str]], bool] = lambda _: False
        self.answer: dict[str, str] | None = None

    @property
    def redirect_uri(self) -> str:
        """Return where the browser is sent back to: registered without a path, on any port."""
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, is_answer: Callable[[dict[str, str]], bool], limit: float = WAIT) -> dict[str, str]:
        """Return the parameters of the first request that is the answer. Others are turned away."""
        self.is_answer = is_answer
        ends_at = time.monotonic() + limit
        while self.answer is None:
            self.timeout = ends_at - time.monotonic()
            if self.timeout <= 0:
                raise Refused("Nobody finished the sign-in in the browser in time. Run `gatepost auth login` again.")
            self.handle_request()
        return self.answer


class _Callback(BaseHTTPRequestHandler):
    server: Listener
    timeout = 5  # a connection that sends nothing must not keep the answer out

    def do_GET(self) -> None:
        """Take the answer, or say that this is none."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if url.path != "/" or not self.server.is_answer(query):
            return self._respond(404, "This is not the answer to the sign-in that is under way.")
        self.server.answer = query
        done = "You are signed in." if "code" in query else "The sign-in was not finished."
        return self._respond(200, f"{done} You can close this page and go back to the terminal.")

    def log_message(self, *_: object) -> None:
        """Write nothing: the request line holds the code."""

    def _respond(self, status: int, text: str) -> None:
        body = _PAGE.format(text).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
