"""HTTP to one Gatepost: JSON both ways, retries only where a repetition cannot do harm, errors that say what to do."""

import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from cli import __version__
from cli.errors import NoConnection, Refused, Stopped

_ATTEMPTS = 3
_LONGEST_PAUSE = 10.0  # seconds
_KEY = "Idempotency-Key"
_BUSY = frozenset({429, 502, 503, 504})
_BROKEN = (httpx2.ReadError, httpx2.RemoteProtocolError)

_TIMEOUT = httpx2.Timeout(60, connect=30)  # seconds; an SQL statement is waited for up to 50


class Api:
    """One server, with the credential to use there."""

    def __init__(self, host: str, token: str | None = None, account_id: str = "") -> None:
        self.host, self.account_id = host, account_id
        self.is_repeated = False  # whether the last answer is not that of the first attempt
        headers = {"User-Agent": f"gatepost-cli/{__version__}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx2.Client(base_url=host, headers=headers, timeout=_TIMEOUT, follow_redirects=False)

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        creates: bool = False,
        is_patient: bool = True,
    ) -> Any:
        """Return the JSON of the answer."""
        # A creation that is sent twice with one key makes one object (rest-api.md 3.2).
        headers = {_KEY: str(uuid.uuid4())} if creates else {}
        request = self._http.build_request(
            method, self.path(path), params=query or None, json=body, data=form, headers=headers
        )
        response = self._send(request, attempts=_ATTEMPTS if is_patient else 1)
        if response.is_success:
            return _json_of(response) if response.content else {}
        raise refusal(response)

    def download(self, path: str, query: Mapping[str, Any], write: Callable[[bytes], Any]) -> str:
        """Write a file as it comes. Return where the next one begins, or nothing."""
        try:
            with self._http.stream("GET", self.path(path), params=query) as response:
                if not response.is_success:
                    response.read()
                    raise refusal(response)
                for chunk in response.iter_bytes():
                    write(chunk)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise self._no_connection(error) from None
        return str(response.headers.get("X-Next-From", ""))

    def path(self, template: str) -> str:
        """Return the path, with the account in it where it belongs."""
        if "{A}" in template and not self.account_id:
            self.account_id = str(self.call("GET", "/.well-known/databricks-config")["account_id"])
        return template.replace("{A}", f"/api/2.0/accounts/{self.account_id}").replace("{X}", "/api/gatepost/v1")

    def _send(self, request: httpx2.Request, attempts: int) -> httpx2.Response:
        is_safe = request.method == "GET" or _KEY in request.headers
        for attempt in range(1, attempts + 1):
            is_last, self.is_repeated = attempt == attempts, attempt > 1
            try:
                response = self._http.send(request)
            except _BROKEN as error:
                if is_last or not is_safe:
                    raise self._no_connection(error) from None
                time.sleep(0.2 * attempt)
                continue
            except (httpx2.TransportError, httpx2.InvalidURL) as error:
                raise self._no_connection(error) from None
            # 429 came before anything was done; after the others only what changes nothing more may be sent again.
            if is_last or response.status_code not in _BUSY or not (is_safe or response.status_code == 429):
                return response
            time.sleep(_pause(response, attempt))
        raise AssertionError("unreachable")

    def _no_connection(self, error: Exception) -> Stopped:
        why = str(error) or type(error).__name__
        return NoConnection(f"No answer from {self.host}: {why}. Is it running? Check GATEPOST_HOST or the profile.")


def refusal(response: httpx2.Response) -> Refused:
    """Return what an answer that is no success says: the error bodies of the API, SCIM, OAuth and /readyz."""
    if response.is_redirect:
        where = response.headers.get("Location", "elsewhere")
        return Refused(f"The server sends to {where}. Set GATEPOST_HOST to the address that it calls itself.")
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Refused(f"The server answered {response.status_code}, and not as Gatepost does. Check GATEPOST_HOST.")
    code = str(body.get("error_code") or body.get("scimType") or body.get("error") or "")
    message = str(body.get("message") or body.get("detail") or body.get("error_description") or "")
    if "missing" in body:
        message = f"Not ready: {', '.join(map(str, body['missing']))} missing or late."
    if response.status_code == 401:
        message += " Sign in with `gatepost auth login`, or set GATEPOST_TOKEN to a live token."
    shown = f"{message.strip() or 'The server said no.'} ({' '.join(filter(None, (str(response.status_code), code)))})"
    return Refused(shown, _violations(body), code=code)


def _violations(body: dict[str, Any]) -> list[tuple[str, str]]:
    details = body.get("details")
    found = [each.get("field_violations", []) for each in details or [] if isinstance(each, dict)]
    return [(str(v.get("field", "")), str(v.get("description", ""))) for each in found for v in each]


def _json_of(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        raise Refused("The server did not answer with JSON. Check GATEPOST_HOST: is that a Gatepost?") from None


def _pause(response: httpx2.Response, attempt: int) -> float:
    wanted = response.headers.get("Retry-After", "")
    return min(float(wanted) if wanted.isascii() and wanted.isdigit() else 0.5 * attempt, _LONGEST_PAUSE)
