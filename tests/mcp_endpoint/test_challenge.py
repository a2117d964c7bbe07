from mcp_endpoint import challenge, paths
from tests.requirements import requirement

SERVER = paths.parse("/api/2.0/mcp/functions/demo/sales")
METADATA = "https://gate.example.com/.well-known/oauth-protected-resource/api/2.0/mcp/functions/demo/sales"


@requirement("RS-401-CHALLENGE")
def test_a_request_without_credential_is_told_no_error():
    assert challenge.missing("https://gate.example.com", SERVER, "mcp.functions") == (
        "www-authenticate",
        f'Bearer realm="gatepost", resource_metadata="{METADATA}", scope="mcp.functions"',
    )


@requirement("RS-401-INVALID")
def test_a_credential_that_is_not_accepted_is_told_why():
    _, value = challenge.invalid_token("https://gate.example.com", SERVER, "mcp.functions", 'The "token"\r\nexpired')
    assert value == (
        'Bearer realm="gatepost", error="invalid_token", error_description="The tokenexpired", '
        f'resource_metadata="{METADATA}", scope="mcp.functions"'
    )


@requirement("RS-403-SCOPE")
def test_all_needed_scopes_stand_in_one_challenge():
    _, value = challenge.insufficient_scope(
        "https://gate.example.com", SERVER, ["mcp.functions", "mcp.write"], "Not covered."
    )
    assert value == (
        'Bearer realm="gatepost", error="insufficient_scope", scope="mcp.functions mcp.write", '
        f'resource_metadata="{METADATA}", error_description="Not covered."'
    )
