"""rest-api.md 4.5 and 4.6: personal access tokens, one's own and everybody's."""

import re
import uuid

import pytest
from databricks.sdk.common.types.fieldmask import FieldMask
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, Unauthenticated
from databricks.sdk.service.settings import PublicTokenInfo, TokenInfo

from tests.journeys.sdk.connecting import violations, wire, workspace_of
from tests.requirements import requirement
from tests.waiting import until

SCOPES, COMMENT = FieldMask(["scopes"]), FieldMask(["comment"])
YEARS = 63_072_000_000  # two, in milliseconds


@pytest.fixture
def person(gatepost):
    return workspace_of(gatepost, token=gatepost.facts["admin_token"])


def is_refused(client):
    try:
        client.current_user.me()
    except Unauthenticated:
        return True
    return False


def test_a_token_of_ones_own(gatepost, person):
    workspace = person
    made = workspace.tokens.create(comment="by-sdk", lifetime_seconds=3600, scopes=["sql", "mcp.functions"])
    info = made.token_info
    assert made.token_value.startswith("gp_pat_")
    assert re.fullmatch("[0-9a-f]{64}", info.token_id)
    assert (info.comment, info.scopes) == ("by-sdk", ["sql", "mcp.functions"])
    assert info.expiry_time - info.creation_time == 3_600_000
    (listed,) = [row for row in workspace.tokens.list() if row.token_id == info.token_id]
    assert listed.as_dict() == info.as_dict()
    workspace.tokens.update(info.token_id, PublicTokenInfo(comment="renamed"), COMMENT)
    workspace.tokens.update(info.token_id, PublicTokenInfo(scopes=["sql"]), SCOPES)
    (listed,) = [row for row in workspace.tokens.list() if row.token_id == info.token_id]
    assert (listed.comment, listed.scopes) == ("renamed", ["sql"])
    with pytest.raises(BadRequest, match="unity-catalog"):  # only ever less
        workspace.tokens.update(info.token_id, PublicTokenInfo(scopes=["unity-catalog"]), SCOPES)
    own = workspace_of(gatepost, token=made.token_value)
    own.current_user.me()
    workspace.tokens.delete(info.token_id)
    with pytest.raises(NotFound) as refusal:
        workspace.tokens.delete(info.token_id)
    assert refusal.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    until(lambda: is_refused(own), limit=1)


def test_two_years_and_every_api_unless_said_otherwise(person):
    made = person.tokens.create(autoscope_enabled=True).token_info
    assert (made.expiry_time - made.creation_time, made.scopes, made.comment) == (YEARS, ["all-apis"], "")
    person.tokens.delete(made.token_id)


@pytest.mark.parametrize("lifetime", [0, -1, 63_072_001])
def test_no_token_is_without_end(person, lifetime):
    with pytest.raises(BadRequest) as refusal:
        person.tokens.create(lifetime_seconds=lifetime)
    assert violations(refusal.value) == ["lifetime_seconds"]


def test_what_is_no_token_is_refused(person):
    with pytest.raises(BadRequest, match="comment"):
        person.tokens.create(comment="x" * 257)
    with pytest.raises(BadRequest, match="genie"):
        person.tokens.create(scopes=["genie"])
    for token_id in ("x", "0" * 64):
        with pytest.raises(NotFound):
            person.tokens.delete(token_id)


def test_nobody_mints_more_than_they_hold(gatepost, person):
    with pytest.raises(PermissionDenied, match=r"mcp\.write"):
        person.tokens.create(scopes=["mcp.write"])
    narrow = workspace_of(gatepost, token=gatepost.token(scopes=["access-management"])[0])
    with pytest.raises(PermissionDenied, match="all-apis"):
        narrow.tokens.create()


def test_the_tokens_of_others_are_not_ones_own(gatepost, person):
    member = workspace_of(gatepost, token=gatepost.facts["member_token"])
    (theirs,) = member.tokens.list()
    with pytest.raises(NotFound):
        person.tokens.delete(theirs.token_id)
    with pytest.raises(PermissionDenied):
        list(member.token_management.list())


def test_a_service_account_makes_none_for_itself(gatepost, robot):
    with pytest.raises(PermissionDenied):
        workspace_of(gatepost, **robot, scopes=["all-apis", "access-management"]).tokens.create()


@requirement("REST-TRAP-7")
def test_an_admin_makes_sees_narrows_and_ends_tokens_of_others(gatepost, workspace, somebody):
    obo = workspace.token_management.create_obo_token(
        somebody.application_id, comment="obo", lifetime_seconds=3600, scopes=["sql", "unity-catalog"]
    )
    token_id = obo.token_info.token_id
    own = workspace_of(gatepost, token=obo.token_value)
    assert own.current_user.me().user_name == somebody.application_id
    me = workspace.current_user.me()
    row = wire(workspace, f"/api/2.0/token-management/tokens/{token_id}")["token_info"]
    assert row == {
        "token_id": token_id,
        "comment": "obo",
        "creation_time": row["creation_time"],
        "expiry_time": row["creation_time"] + 3_600_000,
        "owner_id": int(somebody.id),
        "created_by_id": int(me.id),
        "created_by_username": me.user_name,
        "workspace_id": int(gatepost.facts["workspace_id"]),
        "scopes": ["sql", "unity-catalog"],
        **({"last_used_day": row["last_used_day"]} if "last_used_day" in row else {}),
    }
    integers = ("creation_time", "expiry_time", "owner_id", "created_by_id", "workspace_id")
    assert {type(row[name]) for name in integers} == {int}
    assert workspace.token_management.get(token_id).token_info == TokenInfo.from_dict(row)
    changed = workspace.token_management.update_token_management(token_id, TokenInfo(scopes=["sql"]), SCOPES)
    assert (changed.token_id, changed.scopes) == (token_id, ["sql"])
    workspace.token_management.delete(token_id)
    for call in (workspace.token_management.get, workspace.token_management.delete):
        with pytest.raises(NotFound):
            call(token_id)
    until(lambda: is_refused(own), limit=1)


def test_tokens_are_found_by_who_made_them(gatepost, workspace, somebody):
    made = workspace.token_management.create_obo_token(somebody.application_id, lifetime_seconds=60).token_info.token_id
    me = workspace.current_user.me()
    found = list(workspace.token_management.list(created_by_id=int(me.id)))
    assert made in [row.token_id for row in found]
    assert {row.created_by_id for row in found} == {int(me.id)}
    if "@" in me.user_name:
        assert list(workspace.token_management.list(created_by_username=me.user_name.upper())) == found
    for query in ({"created_by_id": int(somebody.id)}, {"created_by_username": "nobody@example.com"}):
        assert list(workspace.token_management.list(**query)) == []
    assert made in [row.token_id for row in workspace.token_management.list()]


def test_a_token_is_made_for_a_service_account_that_is_there(workspace, somebody):
    for application_id in (str(uuid.uuid4()), "member@demo.example"):
        with pytest.raises(NotFound):
            workspace.token_management.create_obo_token(application_id)
    with pytest.raises(BadRequest, match="lifetime_seconds"):
        workspace.token_management.create_obo_token(somebody.application_id, lifetime_seconds=0)
