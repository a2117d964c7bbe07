import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_endpoint import paths
from tests.requirements import requirement


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/2.0/mcp/functions/demo/sales", ("demo", "sales")),
        ("/api/2.0/mcp/functions/demo/sales/", ("demo", "sales")),
        ("/api/2.0/mcp/functions/demo/sales/get_customer", ("demo", "sales", "get_customer")),
        ("/api/2.0/mcp/functions/demo/a%2Fb", ("demo", "a/b")),
        ("/api/2.0/mcp/functions/demo/%C3%A9t%C3%A9", ("demo", "été")),
        ("/api/2.0/mcp/functions/demo/%2541", ("demo", "%41")),
    ],
)
def test_names_are_decoded_once(path, names):
    assert paths.parse(path).names == names


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/api/2.0/mcp",
        "/api/2.0/mcp/",
        "/api/2.0/mcp/functions",
        "/api/2.0/mcp/functions/demo",
        "/api/2.0/mcp/functions/demo//",
        "/api/2.0/mcp/functions//sales",
        "/api/2.0/mcp/functions/demo/sales//",
        "/api/2.0/mcp/functions/demo/sales/f/more",
        "/api/2.0/mcp/FUNCTIONS/demo/sales",
        "/api/2.0/mcp/unknown/demo/sales",
        "/api/2.0/mcp/functions/demo/..",
        "/api/2.0/mcp/functions/demo/%2e%2e",
        "/api/2.0/mcp/functions/demo/%00",
        "/api/2.0/mcp/functions/demo/%ff",
        "/api/2.0/mcp/functions/demo/%zz",
        '/api/2.0/mcp/functions/demo/"',
        "/api/2.0/mcp/functions/demo/" + "a" * 64,
        "/x/api/2.0/mcp/functions/demo/sales",
    ],
)
@requirement("MCP-RUNG-1")
def test_other_paths_are_no_mcp_urls(path):
    assert paths.parse(path) is None
    assert paths.canonical(path) is None
    assert not paths.is_resource(path)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), min_size=1, max_size=15))
def test_one_name_has_one_canonical_form(name):
    spelled = "".join(f"%{byte:02x}" for byte in name.encode())
    path = f"/api/2.0/mcp/functions/demo/{spelled}"
    canonical = paths.canonical(path)
    if canonical is not None:
        assert paths.canonical(canonical) == canonical
        assert paths.canonical(path + "/") == canonical
        assert paths.parse(canonical).names == paths.parse(path).names == ("demo", name)
