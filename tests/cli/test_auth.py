"""Signing in by browser and loopback, with a plain HTTP client as the browser: RFC 8252, RFC 7636, RFC 9207."""

import json
import re
import stat
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from accounts import links
from tests.cli.conftest import committed

pytestmark = pytest.mark.django_db
HANDLE = re.compile(r'name="handle" value="([^"]+)"')
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def gatepost(world, tmp_path):
    """The command for somebody who has no token yet."""
    return world.cli(tmp_path)


@pytest.fixture
def browser(world):
    """A browser in which alice signed in by a one-use link."""
    with httpx2.Client(base_url=world.base_url) as client:
        client.get(f"/first-run/{committed(links.make, world.people['alice'], minutes=5)}")
        yield client


@contextmanager
def under_way(gatepost, *more):
    """A login that waits: the process, and the address that it asks to open."""
    process = gatepost.start("auth login --no-browser", *more)
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def decide(browser, url, decision="allow"):
    """Answer the consent page, and return where the browser is sent."""
    page = browser.get(url)
    assert page.status_code == 200, page.text
    answer = browser.post("/oidc/v1/authorize", data=answers(page, decision), headers={"Referer": url})
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def answers(page, decision):
    """Return the form of the consent page, filled in."""
    form = {"handle": HANDLE.search(page.text)[1], "csrfmiddlewaretoken": CSRF.search(page.text)[1]}
    return {**form, "decision": decision, "minutes": "1440"}


def sign_in(gatepost, browser, *more):
    with under_way(gatepost, *more) as (process, url):
        assert httpx2.get(decide(browser, url)).status_code == 200
        _, told = process.communicate(timeout=30)
        assert process.returncode == 0, told
    return told


def stored(tmp_path, name="default"):
    return tmp_path / "gatepost" / "profiles" / f"{name}.json"


def test_a_person_signs_in_works_and_signs_out(gatepost, browser, world, tmp_path):
    assert "Signed in at" in sign_in(gatepost, browser)
    file = stored(tmp_path)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert gatepost("auth status", GATEPOST_HOST="")["user"] == "alice@example.com"
    assert gatepost("tokens create --lifetime 1h")["token_value"].startswith("gp_pat_")
    [row] = gatepost("auth profiles")
    assert (row["profile"], row["host"], row["is_usable"]) == ("default", world.base_url, True)
    token = json.loads(file.read_text())["access_token"]
    [consent] = gatepost("consents list --user alice@example.com --client-id gatepost-cli")
    narrowed = gatepost(f"consents narrow {consent['id']} --catalogs demo")
    assert (narrowed["catalogs"], narrowed["sessions"]) == (["demo"], 1)
    gatepost(f"consents delete {consent['id']} --yes")
    assert "gatepost auth login" in gatepost("auth status", status=1)
    gatepost("auth logout")
    assert not file.exists()
    headers = {"Authorization": f"Bearer {token}"}
    assert httpx2.get(f"{world.base_url}/api/2.0/preview/scim/v2/Me", headers=headers).status_code == 401
    assert "There is no profile" in gatepost("auth logout", status=2)


def test_one_command_signs_a_person_out_of_every_app(gatepost, browser):
    sign_in(gatepost, browser)
    assert "--yes" in gatepost("consents delete-all --user alice@example.com", status=2)
    assert gatepost("consents delete-all --user alice@example.com --yes") == {"sessions": 1}
    assert "gatepost auth login" in gatepost("auth status", status=1)


def test_the_request_carries_a_challenge_and_no_secret(gatepost):
    with under_way(gatepost) as (_, url):
        query = parse_qs(urlsplit(url).query)
    assert query["client_id"] == ["gatepost-cli"]
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert len(query["state"][0]) >= 32
    assert query["redirect_uri"][0].startswith("http://127.0.0.1:")


def test_an_answer_with_a_foreign_state_is_turned_away(gatepost, browser, tmp_path):
    with under_way(gatepost, "--profile", "strange") as (process, url):
        location = decide(browser, url)
        port = f"http://{urlsplit(location).netloc}"
        assert httpx2.get(f"{port}/?{urlencode({'code': 'gp_ac_stolen', 'state': 'mine'})}").status_code == 404
        assert httpx2.get(f"{port}/favicon.ico").status_code == 404
        assert process.poll() is None
        assert httpx2.get(location).status_code == 200
        process.communicate(timeout=30)
        assert process.returncode == 0


def test_an_answer_of_another_issuer_is_refused(gatepost, browser, world, tmp_path):
    with under_way(gatepost) as (process, url):
        httpx2.get(decide(browser, url).replace(urlencode({"iss": world.base_url}), "iss=https%3A%2F%2Fevil.example"))
        _, told = process.communicate(timeout=30)
    assert (process.returncode, "another server" in told) == (1, True)
    assert not stored(tmp_path).exists()


def test_a_person_who_does_not_allow_it_is_not_signed_in(gatepost, browser, tmp_path):
    with under_way(gatepost) as (process, url):
        httpx2.get(decide(browser, url, "cancel"))
        _, told = process.communicate(timeout=30)
    assert (process.returncode, "did not allow it" in told) == (1, True)
    assert not stored(tmp_path).exists()


def test_a_person_signs_in_by_a_code_in_another_browser(gatepost, browser, world):
    process = gatepost.start("auth login --device")
    try:
        address, code = process.stdout.readline().split()
        page = browser.get(address)
        form = {"csrfmiddlewaretoken": CSRF.search(page.text)[1], "user_code": code}
        page = browser.post(address, data=form, headers={"Referer": address})
        answer = browser.post(address, data=answers(page, "allow"), headers={"Referer": address})
        assert answer.status_code == 200, answer.text
        _, told = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0, told
    assert gatepost("auth status")["user"] == "alice@example.com"


def test_two_commands_at_once_renew_the_token_once(gatepost, browser, world, tmp_path):
    sign_in(gatepost, browser)
    file = stored(tmp_path)
    before = json.loads(file.read_text())
    file.write_text(json.dumps({**before, "expires_at": 0}))
    both = [gatepost.start("auth status") for _ in range(2)]
    outcomes = [(process.communicate(timeout=60), process.returncode) for process in both]
    assert [status for _, status in outcomes] == [0, 0], outcomes
    after = json.loads(file.read_text())
    assert after["refresh_token"] != before["refresh_token"]
    assert gatepost("auth status")["user"] == "alice@example.com"


def test_a_sign_in_that_ended_says_how_to_begin_again(gatepost, browser, world, tmp_path):
    sign_in(gatepost, browser)
    file = stored(tmp_path)
    profile = json.loads(file.read_text())
    form = {"token": profile["refresh_token"], "client_id": "gatepost-cli"}
    assert httpx2.post(f"{world.base_url}/oidc/v1/revoke", data=form).status_code == 200
    file.write_text(json.dumps({**profile, "expires_at": 0}))
    assert f"gatepost auth login {world.base_url}" in gatepost("auth status", status=1)


def test_tokens_of_one_server_are_not_sent_to_another(gatepost, browser, world):
    sign_in(gatepost, browser)
    other = world.base_url.replace("localhost", "127.0.0.1")
    assert "not signed in at" in gatepost("tokens list", status=2, GATEPOST_HOST=other)


def test_a_named_profile_wins_over_the_environment(gatepost, browser, world):
    sign_in(gatepost, browser, "--profile", "work")
    options = {"GATEPOST_HOST": "http://localhost:1", "GATEPOST_TOKEN": "gp_pat_made_up"}
    assert gatepost("auth status --profile work", **options)["host"] == world.base_url


@contextmanager
def server_that_calls_itself(issuer):
    """A server whose metadata names another origin."""

    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({"issuer": issuer}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Metadata) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_that_calls_itself_otherwise_is_not_signed_in_at(gatepost):
    with server_that_calls_itself("https://gatepost.example.com") as other:
        told = gatepost("auth login --no-browser", other, status=1)
    assert "gatepost auth login https://gatepost.example.com" in told


def test_a_damaged_profile_is_named(gatepost, tmp_path):
    stored(tmp_path).parent.mkdir(parents=True)
    stored(tmp_path).write_text("{")
    assert "is damaged" in gatepost("tokens list", status=2)
