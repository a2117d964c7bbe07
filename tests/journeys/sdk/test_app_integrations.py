"""rest-api.md 4.1: custom app integrations."""

import httpx2
import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.oauth2 import TokenAccessPolicy

from tests.journeys.consenting import authorize
from tests.journeys.sdk.connecting import violations, wire
from tests.requirements import requirement
from tests.waiting import until

APP = {"name": "By SDK", "redirect_urls": ["https://claude.ai/api/mcp/auth_callback"], "scopes": ["all-apis"]}
POLICY = {"access_token_ttl_in_minutes": 60, "refresh_token_ttl_in_minutes": 10_080}


@pytest.fixture
def path(gatepost):
    return f"/api/2.0/accounts/{gatepost.facts['account_id']}/oauth2/custom-app-integrations"


@pytest.fixture
def app(account):
    """A public app for one test."""
    made = account.custom_app_integration.create(**APP)
    yield made.integration_id
    account.custom_app_integration.delete(made.integration_id)


def test_the_example_of_the_contract(account, path):
    policy = TokenAccessPolicy(**POLICY)
    made = account.custom_app_integration.create(**APP, confidential=False, token_access_policy=policy)
    assert made.client_secret is None
    shown = wire(account, f"{path}/{made.integration_id}")
    creator, created = shown.pop("created_by"), shown.pop("create_time")
    assert (type(creator), created[-1]) == (int, "Z")
    shown.pop("creator_username")
    assert shown == {
        **APP,
        "integration_id": made.integration_id,
        "client_id": made.client_id,
        "confidential": False,
        "user_authorized_scopes": [],
        "token_access_policy": POLICY,
    }
    account.custom_app_integration.delete(made.integration_id)
    for call in (account.custom_app_integration.get, account.custom_app_integration.delete):
        with pytest.raises(NotFound):
            call(made.integration_id)


def test_only_a_confidential_one_has_a_secret_and_shows_it_once(account, path):
    made = account.custom_app_integration.create(**APP, confidential=True)
    assert made.client_secret.startswith("gp_cs_")
    assert "secret" not in str(wire(account, f"{path}/{made.integration_id}"))
    assert account.custom_app_integration.get(made.integration_id).confidential is True
    account.custom_app_integration.delete(made.integration_id)


@requirement("REST-TRAP-12")
def test_lists_replace_and_the_policy_merges(account, app):
    apps = account.custom_app_integration
    apps.update(app, token_access_policy=TokenAccessPolicy(access_token_ttl_in_minutes=30))
    apps.update(app, token_access_policy=TokenAccessPolicy(absolute_session_lifetime_in_minutes=20_000))
    apps.update(app, scopes=["sql", "openid"], user_authorized_scopes=["sql"])
    apps.update(app, redirect_urls=["http://localhost:7/cb", "cursor://anysphere.cursor-mcp/oauth/callback"])
    shown = account.custom_app_integration.get(app)
    assert shown.token_access_policy.as_dict() == {
        **POLICY,
        "access_token_ttl_in_minutes": 30,
        "absolute_session_lifetime_in_minutes": 20_000,
    }
    assert (shown.scopes, shown.user_authorized_scopes) == (["sql", "openid"], ["sql"])
    assert shown.redirect_urls == ["http://localhost:7/cb", "cursor://anysphere.cursor-mcp/oauth/callback"]
    account.custom_app_integration.update(app, scopes=["ai-search", "sql"])
    assert account.custom_app_integration.get(app).scopes == ["vector-search", "sql"]


def test_single_use_is_returned_as_it_was_set(account):
    policy = TokenAccessPolicy(enable_single_use_refresh_tokens=False)
    with pytest.raises(BadRequest, match="enable_single_use_refresh_tokens"):
        account.custom_app_integration.create(**APP, token_access_policy=policy)
    made = account.custom_app_integration.create(**APP, confidential=True, token_access_policy=policy)
    shown = account.custom_app_integration.get(made.integration_id).token_access_policy
    assert shown.enable_single_use_refresh_tokens is False
    account.custom_app_integration.delete(made.integration_id)


REFUSED = [
    ("redirect_urls", []),
    ("redirect_urls", [f"https://a.example/{number}" for number in range(21)]),
    ("redirect_urls", ["https://a.example/" + "x" * 2000]),
    *(
        ("redirect_urls", [url])
        for url in (
            "https://*.example.com/cb",
            "https://a.example/*",
            "http://a.example/cb",
            "http://127.0.0.1.a.example/cb",
            "https://a.example/cb#part",
            "https://me@a.example/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "ftp://a.example/cb",
            "/cb",
            "not a url",
        )
    ),
    ("scopes", ["genie"]),
    ("user_authorized_scopes", ["sql"]),
    ("name", " "),
    ("name", "x" * 101),
    ("name", "evil\u202eeman"),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_what_cannot_be_registered_is_named_and_nothing_is_stored(account, field, value):
    with pytest.raises(BadRequest) as refusal:
        account.custom_app_integration.create(**{**APP, "name": "never", field: value})
    assert {name.partition("[")[0] for name in violations(refusal.value)} == {field}
    assert "never" not in [row.name for row in account.custom_app_integration.list()]


@pytest.mark.parametrize(("field", "value"), [pair for pair in REFUSED if pair[0] != "name"])
def test_what_cannot_be_registered_cannot_be_changed_to(account, app, field, value):
    before = account.custom_app_integration.get(app)
    with pytest.raises(BadRequest, match=field):
        account.custom_app_integration.update(app, **{"scopes": ["openid"], field: value})
    assert account.custom_app_integration.get(app) == before


def test_without_scopes_the_message_speaks_of_scopes(account):
    for scopes in ([], None):
        with pytest.raises(BadRequest, match="scope") as refusal:
            account.custom_app_integration.create(**{**APP, "scopes": scopes})
        assert refusal.value.error_code == "BAD_REQUEST"


@pytest.mark.parametrize(
    "policy",
    [
        {"access_token_ttl_in_minutes": 4},
        {"access_token_ttl_in_minutes": 1441, "refresh_token_ttl_in_minutes": 10_080},
        {"access_token_ttl_in_minutes": 60, "refresh_token_ttl_in_minutes": 59},
        {"refresh_token_ttl_in_minutes": 129_601},
        {"absolute_session_lifetime_in_minutes": 10_079},
        {"absolute_session_lifetime_in_minutes": 525_601},
    ],
)
def test_a_lifetime_out_of_range_is_refused(account, app, policy):
    with pytest.raises(BadRequest, match="token_access_policy"):
        account.custom_app_integration.update(app, token_access_policy=TokenAccessPolicy(**policy))
    with pytest.raises(BadRequest, match="token_access_policy"):
        account.custom_app_integration.create(**APP, token_access_policy=TokenAccessPolicy(**policy))


@pytest.mark.parametrize("policy", [(5, 5), (1440, 1440), (5, 129_600)])
def test_a_lifetime_at_the_end_of_its_range_is_taken(account, app, policy):
    account.custom_app_integration.update(
        app, token_access_policy=TokenAccessPolicy(None, *(policy[0], None, policy[1]))
    )
    shown = account.custom_app_integration.get(app).token_access_policy
    assert (shown.access_token_ttl_in_minutes, shown.refresh_token_ttl_in_minutes) == policy


@pytest.mark.parametrize("body", [{"name": "other"}, {"confidential": True}, {"nickname": "x"}])
def test_name_and_kind_cannot_change_and_unknown_fields_are_named(account, app, path, body):
    with pytest.raises(BadRequest) as refusal:
        account.api_client.do("PATCH", f"{path}/{app}", body=body)
    assert violations(refusal.value) == list(body)


@requirement("REST-TRAP-11")
def test_the_creator_is_named_only_when_asked_for(account, app, credentials):
    (plain,) = [row for row in account.custom_app_integration.list() if row.integration_id == app]
    assert plain.creator_username is None
    listed = account.custom_app_integration.list(include_creator_username=True)
    (asked,) = [row for row in listed if row.integration_id == app]
    assert asked.creator_username == credentials.get("client_id", "admin@demo.example")


def test_a_walk_over_pages_ends_and_meets_each_once(account, path):
    made = [account.custom_app_integration.create(**APP).integration_id for _ in range(5)]
    walked = [row.integration_id for row in account.custom_app_integration.list(page_size=2)]
    assert len(walked) == len(set(walked))
    assert walked[-5:] == made
    last = wire(account, path, page_size=1000)
    assert "next_page_token" not in last
    assert wire(account, path, page_size=0) == wire(account, path) == wire(account, path, page_size=100_000)
    first = wire(account, path, page_size=1)
    assert first["next_page_token"]
    for broken in ({"page_size": -1}, {"page_size": "x"}, {"page_token": "x"}):
        with pytest.raises(BadRequest):
            wire(account, path, **broken)
    for integration_id in made:
        account.custom_app_integration.delete(integration_id)


@pytest.mark.parametrize("end", ["delete", "disable"])
def test_its_tokens_die_at_once(gatepost, account, path, end):
    made = account.custom_app_integration.create(
        name="Short", redirect_urls=["http://127.0.0.1:9/callback"], scopes=["mcp.functions"]
    )
    one = f"{path}/{made.integration_id}"
    token = authorize(gatepost, made.client_id)["access_token"]
    assert gatepost.rpc("tools/list", token=token).status_code == 200
    if end == "delete":
        account.custom_app_integration.delete(made.integration_id)
    else:
        assert account.api_client.do("POST", f"{one}/disable", body={}) == {}
    status = {"delete": 401, "disable": 403}[end]
    until(lambda: gatepost.rpc("tools/list", token=token).status_code == status, limit=1)
    if end == "disable":
        assert account.api_client.do("POST", f"{one}/enable", body={}) == {}
        account.custom_app_integration.delete(made.integration_id)


def test_a_secret_is_rotated_with_an_overlap(gatepost, account, path):
    made = account.custom_app_integration.create(**APP, confidential=True)
    one = f"{path}/{made.integration_id}"

    def rotate(body):
        return account.api_client.do("POST", f"{one}/rotate-secret", body=body)

    def works(secret):
        answer = httpx2.post(f"{gatepost.base}/oidc/v1/introspect", data={"token": "x"}, auth=(made.client_id, secret))
        return answer.status_code == 200

    first = rotate({})
    assert set(first) == {"client_secret", "secret_id", "previous_expire_time"}
    assert works(made.client_secret)
    assert works(first["client_secret"])
    second = rotate({"overlap_seconds": 604_800})  # two live at most: the oldest goes
    assert [works(secret) for secret in (made.client_secret, first["client_secret"])] == [False, True]
    third = rotate({"overlap_seconds": 0})
    assert [works(answer["client_secret"]) for answer in (first, second, third)] == [False, False, True]
    for wrong in (-1, 604_801, "60"):
        with pytest.raises(BadRequest, match="overlap_seconds"):
            rotate({"overlap_seconds": wrong})
    account.custom_app_integration.delete(made.integration_id)


def test_a_public_app_has_no_secret_to_rotate(account, app, path):
    with pytest.raises(BadRequest):
        account.api_client.do("POST", f"{path}/{app}/rotate-secret", body={})
