"""rest-api.md 4.7: IP access lists of the workspace and of the account, and their switch."""

import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.settings import ListType

from tests.journeys.sdk.connecting import violations, wire
from tests.requirements import requirement

HERE = ["127.0.0.0/8", "::1"]
both = pytest.mark.parametrize("service", ["account.ip_access_lists", "workspace.ip_access_lists"], indirect=True)


@pytest.fixture(autouse=True)
def _nothing_is_left(workspace, account):
    yield
    for service in (workspace.ip_access_lists, account.ip_access_lists):
        for entry in list(service.list()):
            service.delete(entry.list_id)


@both
def test_a_list_from_its_making_to_its_end(service, workspace):
    made = service.create("here", ListType.ALLOW, ip_addresses=HERE).ip_access_list
    me = int(workspace.current_user.me().id)
    assert (made.label, made.list_type, made.enabled) == ("here", ListType.ALLOW, True)
    assert (made.ip_addresses, made.address_count) == (HERE, 2)
    assert (made.created_by, made.updated_by) == (me, me)
    assert made.created_at > 1_700_000_000_000
    assert made.updated_at >= made.created_at
    assert service.get(made.list_id).ip_access_list == made
    assert [entry.list_id for entry in service.list()] == [made.list_id]
    service.update(made.list_id, label="home", ip_addresses=[*reversed(HERE)])
    changed = service.get(made.list_id).ip_access_list
    assert (changed.label, changed.ip_addresses, changed.enabled) == ("home", [*reversed(HERE)], True)
    service.replace(made.list_id, "other", ListType.BLOCK, False, ip_addresses=["127.0.0.1"])
    replaced = service.get(made.list_id).ip_access_list
    assert (replaced.label, replaced.list_type, replaced.enabled) == ("other", ListType.BLOCK, False)
    service.delete(made.list_id)
    for call in (service.get, service.delete):
        with pytest.raises(NotFound):
            call(made.list_id)


@both
@requirement("REST-TRAP-13")
def test_nobody_locks_themself_out(service):
    for kind, addresses in ((ListType.ALLOW, ["203.0.113.0/24"]), (ListType.BLOCK, HERE)):
        with pytest.raises(BadRequest, match=r"lock you out.*127\.0\.0\.1") as refusal:
            service.create("out", kind, ip_addresses=addresses)
        assert refusal.value.error_code == "INVALID_STATE"
    assert list(service.list()) == []
    here = service.create("here", ListType.ALLOW, ip_addresses=HERE).ip_access_list.list_id
    other = service.create("other", ListType.ALLOW, ip_addresses=["203.0.113.0/24"]).ip_access_list.list_id
    off = service.create("off", ListType.BLOCK, ip_addresses=["198.51.100.0/24"]).ip_access_list.list_id
    service.replace(off, "off", ListType.BLOCK, False, ip_addresses=HERE)
    for change in (
        lambda: service.update(here, ip_addresses=["198.51.100.7"]),
        lambda: service.update(here, enabled=False),
        lambda: service.replace(here, "here", ListType.BLOCK, True, ip_addresses=HERE),
        lambda: service.update(off, enabled=True),
        lambda: service.delete(here),
    ):
        with pytest.raises(BadRequest, match="lock you out"):
            change()
    assert service.get(here).ip_access_list.ip_addresses == HERE
    service.delete(other)


@both
@requirement("REST-TRAP-13")
def test_a_thousand_values_and_not_one_more(service):
    many = [f"10.{high}.{low}.1" for high in range(4) for low in range(250)]
    with pytest.raises(BadRequest, match="1000") as refusal:
        service.create("many", ListType.BLOCK, ip_addresses=[*many, "10.9.9.9"])
    assert refusal.value.error_code == "QUOTA_EXCEEDED"
    assert list(service.list()) == []
    service.create("many", ListType.BLOCK, ip_addresses=many)
    with pytest.raises(BadRequest, match="1001"):
        service.create("one", ListType.BLOCK, ip_addresses=["10.9.9.9"])


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("ip_addresses", {"ip_addresses": ["10.0.0.1/8"]}),
        ("ip_addresses", {"ip_addresses": ["nonsense"]}),
        ("ip_addresses", {"ip_addresses": []}),
        ("ip_addresses", {"ip_addresses": None}),
        ("label", {"label": ""}),
        ("label", {"label": "x" * 256}),
    ],
)
def test_what_is_no_list_is_refused_by_name(workspace, field, change):
    given = {"label": "x", "list_type": ListType.BLOCK, "ip_addresses": ["203.0.113.7"], **change}
    with pytest.raises(BadRequest) as refusal:
        workspace.ip_access_lists.create(**given)
    assert violations(refusal.value) == [field]
    if change.get("ip_addresses") == ["10.0.0.1/8"]:
        assert "10.0.0.0/8" in str(refusal.value)


def test_replacing_needs_every_field(workspace):
    made = workspace.ip_access_lists.create("x", ListType.BLOCK, ip_addresses=["203.0.113.7"]).ip_access_list
    body = {"label": "x", "list_type": "BLOCK", "ip_addresses": ["203.0.113.7"]}
    with pytest.raises(BadRequest) as refusal:
        workspace.api_client.do("PUT", f"/api/2.0/ip-access-lists/{made.list_id}", body=body)
    assert violations(refusal.value) == ["enabled"]


def test_the_surfaces_have_lists_of_their_own(account, workspace):
    theirs = account.ip_access_lists.create("x", ListType.BLOCK, ip_addresses=["203.0.113.7"]).ip_access_list.list_id
    assert list(workspace.ip_access_lists.list()) == []
    with pytest.raises(NotFound):
        workspace.ip_access_lists.get(theirs)


@requirement("REST-TRAP-7")
def test_numbers_are_numbers_on_the_wire(workspace):
    workspace.ip_access_lists.create("x", ListType.BLOCK, ip_addresses=["203.0.113.7", "2001:db8::/32"])
    (row,) = wire(workspace, "/api/2.0/ip-access-lists")["ip_access_lists"]
    numbers = ("address_count", "created_at", "created_by", "updated_at", "updated_by")
    assert {type(row[name]) for name in numbers} == {int}


def test_the_switch_of_the_workspace(workspace):
    assert workspace.workspace_conf.get_status("enableIpAccessLists") == {"enableIpAccessLists": "true"}
    workspace.workspace_conf.set_status({"enableIpAccessLists": "false"})
    assert workspace.workspace_conf.get_status("enableIpAccessLists") == {"enableIpAccessLists": "false"}
    with pytest.raises(BadRequest, match="lock you out"):  # judged whether or not the lists count
        workspace.ip_access_lists.create("out", ListType.BLOCK, ip_addresses=HERE)
    workspace.workspace_conf.set_status({"enableIpAccessLists": "true"})
    for wrong in ({"enableTokens": "true"}, {"enableIpAccessLists": "maybe"}, {}):
        with pytest.raises(BadRequest):
            workspace.workspace_conf.set_status(wrong)
    with pytest.raises(BadRequest, match="enableTokens"):
        workspace.workspace_conf.get_status("enableTokens")
