"""O3 of oauth.md 9: redirect tricks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections import redirect_uri
from tests.requirements import requirement


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.com/callback",
        "https://app.example.com:8443/callback?tenant=1",
        "http://localhost",
        "http://localhost:8020/callback",
        "http://127.0.0.1/",
        "http://[::1]:33418/",
    ],
)
@requirement("AS-REDIRECT-SCHEME")
def test_https_and_loopback_can_be_registered_by_every_client(uri):
    assert redirect_uri.problem(uri, confidential=True) is None
    assert redirect_uri.problem(uri, confidential=False) is None


@pytest.mark.parametrize("uri", ["cursor://anysphere.cursor-mcp/oauth/callback", "com.example.app:/callback"])
@requirement("AS-REDIRECT-SCHEME")
def test_a_private_scheme_is_for_public_clients(uri):
    assert redirect_uri.problem(uri, confidential=False) is None
    assert "private scheme" in redirect_uri.problem(uri, confidential=True)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "callback",
        "//example.com/callback",
        "https://",
        "https:/callback",
        "http://app.example.com/callback",
        "http://127.0.0.2/callback",
        "http://localhost.example.com/",
        "https://app.example.com/callback#fragment",
        "https://app.example.com/#",
        "https://user@app.example.com/",
        "https://user:word@app.example.com/",
        "https://@app.example.com/",
        "https://*.example.com/callback",
        "https://app.example.com/*",
        "https://app.example.com/a/../b",
        "https://app.example.com/a/%2e%2E/b",
        "https://app.example.com/a/%252e%252e/b",
        "https://app.example.com:99999/",
        "https://app.example.com:port/",
        "https://app.example.com/ callback",
        "https://app.example.com\\@evil.example/",
        "https://app.example.com/\n",
        "https://bücher.example/",
        "https://[::1",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "about:blank",
        "blob:https://app.example.com/1",
        "cursor:",
        "cursor://",
        "https://app.example.com/" + "a" * 2000,
    ],
)
@requirement("O3-refused", "AS-REDIRECT-SCHEME", "AS-NO-WILDCARD")
def test_what_is_unsafe_or_no_url_is_refused_with_a_reason(uri):
    assert redirect_uri.problem(uri, confidential=False)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
@requirement("O3-loopback-port", "AS-REDIRECT-LOOPBACK")
def test_the_port_of_a_loopback_url_does_not_matter(host):
    assert redirect_uri.matches(f"http://{host}/callback", f"http://{host}:51000/callback")
    assert redirect_uri.matches(f"http://{host}:8080/callback", f"http://{host}/callback")
    assert redirect_uri.matches(f"http://{host}", f"http://{host}:8020")


@pytest.mark.parametrize(
    ("registered", "requested"),
    [
        ("http://localhost/callback", "http://localhost:1/callback/"),
        ("http://localhost", "http://localhost:1/"),
        ("http://localhost/callback", "http://127.0.0.1:1/callback"),
        ("http://localhost/callback", "http://localhost:1/callback?x=1"),
        ("http://localhost/callback", "http://localhost:1/callback?"),
        ("http://localhost/callback", "http://localhost:1/callback#x"),
        ("http://localhost/callback", "http://user@localhost:1/callback"),
        ("http://localhost/callback", "http://localhost:99999/callback"),
        ("http://localhost/callback", "https://localhost/callback"),
        ("http://localhost/callback", "http://localhost.evil.example:1/callback"),
        ("http://localhost/callback", "http://localhost:1@evil.example/callback"),
        ("http://localhost/callback", "http://localhost:1/x/../callback"),
        ("https://app.example.com/callback", "https://app.example.com:8443/callback"),
        ("https://app.example.com/callback", "https://app.example.com/callback/more"),
        ("https://app.example.com/callback", "https://app.example.com.evil.example/callback"),
        ("https://app.example.com/callback", "https://app.example.com/CALLBACK"),
        ("https://app.example.com/callback", "javascript:alert(1)"),
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor://anysphere.cursor-mcp/oauth/callback2"),
    ],
)
@requirement("O3-refused", "AS-REDIRECT-EXACT")
def test_everything_else_is_compared_exactly(registered, requested):
    assert not redirect_uri.matches(registered, requested)


@given(st.text())
def test_no_text_makes_the_parser_fail(text):
    redirect_uri.problem(text, confidential=False)
    assert redirect_uri.matches("http://localhost/callback", text) in {True, False}


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=1))
def test_nothing_but_loopback_matches_a_loopback_registration(suffix):
    if redirect_uri.matches("http://localhost/", f"http://{suffix}"):
        assert redirect_uri.host(f"http://{suffix}") == "localhost"


@requirement("AS-CONSENT-HOST")
def test_the_person_sees_the_host_or_the_scheme():
    assert redirect_uri.host("https://claude.ai/api/mcp/auth_callback") == "claude.ai"
    assert redirect_uri.host("cursor://anysphere.cursor-mcp/oauth/callback") == "cursor:"
    assert redirect_uri.stays_on_this_computer("http://127.0.0.1:1/")
    assert redirect_uri.stays_on_this_computer("cursor://anysphere.cursor-mcp/")
    assert not redirect_uri.stays_on_this_computer("https://claude.ai/")


def test_the_content_security_policy_names_the_origin_or_the_scheme():
    assert redirect_uri.source("http://localhost:8020/cb?x=1") == "http://localhost:8020"
    assert redirect_uri.source("cursor://anysphere.cursor-mcp/oauth") == "cursor:"
