"""RFC 8707: which resources are ours, and what a token for one of them covers."""

import pytest

from connections import origin, resources
from tests.requirements import requirement

ORIGINS = ("https://gate.example.com",)


def is_resource(path):
    return path.startswith("/api/2.0/mcp/functions/")


@pytest.mark.parametrize(
    "resource",
    [
        "https://gate.example.com/api/2.0/mcp/functions/demo/sales",
        "HTTPS://GATE.example.com:443/api/2.0/mcp/functions/demo/sales/",
        "https://gate.example.com/api/2.0/mcp/functions/demo/sales?toolset=x",
        "https://gate.example.com/api/2.0/mcp/functions/d%65mo/sales",
    ],
)
@requirement("AS-RESOURCE-NORMALISED")
def test_one_resource_has_one_canonical_path(resource):
    assert resources.canonical(resource, ORIGINS, is_resource) == "/api/2.0/mcp/functions/demo/sales"


INDEXES = "/api/2.0/mcp/vector-search/demo/docs"


@pytest.mark.parametrize("word", ["vector-search", "ai-search", "ai%2Dsearch"])
@requirement("AS-RESOURCE-ALIAS")
def test_both_spellings_of_a_kind_are_one_audience(word):
    typed = f"/api/2.0/mcp/{word}/demo/docs"
    assert resources.canonical_path(f"{typed}/") == INDEXES
    assert resources.canonical(f"https://gate.example.com{typed}", ORIGINS, INDEXES.__eq__) == INDEXES
    assert resources.contains(INDEXES, resources.canonical_path(f"{typed}/notes"))


def test_only_the_kind_has_two_spellings():
    for path in ("/api/2.0/mcp/functions/ai-search/ai-search", "/api/2.0/mcp/ai-search2/a/b", "/ai-search/a", "/"):
        assert resources.canonical_path(path) == path


@pytest.mark.parametrize("resource", ["https://gate.example.com", "https://gate.example.com/"])
def test_the_origin_means_every_mcp_url(resource):
    assert resources.canonical(resource, ORIGINS, is_resource) == resources.ALL_OF_MCP


@pytest.mark.parametrize(
    "resource",
    [
        "",
        "demo",
        "/api/2.0/mcp/functions/demo/sales",
        "https://gate.example.com/api/2.0/mcp/functions/demo/sales#x",
        "https://user@gate.example.com/api/2.0/mcp/functions/demo/sales",
        "https://gate.example.com:8443/api/2.0/mcp/functions/demo/sales",
        "http://gate.example.com/api/2.0/mcp/functions/demo/sales",
        "https://gate.example.com.evil.example/api/2.0/mcp/functions/demo/sales",
        "https://gate.example.com/api/2.1/unity-catalog",
        "https://gate.example.com:port/",
        "urn:gatepost",
        "https://[::1",
    ],
)
@requirement("AS-RESOURCE-KNOWN", "AS-RESOURCE-NORMALISED")
def test_what_is_not_ours_is_no_resource(resource):
    assert resources.canonical(resource, ORIGINS, is_resource) is None


@requirement("AS-RESOURCE-SEGMENTS")
def test_a_token_covers_its_resource_and_what_lies_below_on_whole_segments():
    assert resources.contains("/api/2.0/mcp/functions/demo/sales", "/api/2.0/mcp/functions/demo/sales")
    assert resources.contains("/api/2.0/mcp/functions/demo/sales", "/api/2.0/mcp/functions/demo/sales/get_customer")
    assert resources.contains(resources.ALL_OF_MCP, "/api/2.0/mcp/functions/demo/sales")
    assert resources.contains(resources.EVERYTHING, resources.ALL_OF_MCP)
    assert not resources.contains("/api/2.0/mcp/functions/demo/sales", "/api/2.0/mcp/functions/demo/sales2")
    assert not resources.contains("/api/2.0/mcp/functions/demo/sales", "/api/2.0/mcp/functions/demo")
    assert not resources.contains(resources.ALL_OF_MCP, resources.EVERYTHING)


@requirement("AS-ORIGIN")
def test_in_production_only_the_public_origin_is_named(settings):
    settings.GATEPOST_PUBLIC_URL = "https://gate.example.com"
    assert origin.accepted(8000) == ("https://gate.example.com",)
    assert origin.named("evil.example", 8000) == "https://gate.example.com"


@requirement("AS-ORIGIN")
def test_on_loopback_the_spelling_that_was_asked_is_named_back(settings):
    settings.GATEPOST_PUBLIC_URL = "http://localhost:8000"
    assert origin.named("127.0.0.1:8000") == "http://127.0.0.1:8000"
    assert origin.named("localhost:8000") == "http://localhost:8000"
    assert origin.named("LOCALHOST:9000", 9000) == "http://localhost:9000"
    assert origin.named("evil.example:8000", 8000) == "http://localhost:8000"
    assert origin.named("127.0.0.1:9999", 8000) == "http://localhost:8000"
