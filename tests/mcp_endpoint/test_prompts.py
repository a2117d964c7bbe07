"""Prompts that an admin wrote: offered on chosen URLs, filled in once, completed by what the principal may see."""

import orjson
import pytest
from mcp_types.methods import serialize_server_result

from accounts.errors import AlreadyExists, Invalid, NotFound, QuotaExceeded
from audit.event import NOBODY
from audit.models import AuditEvent
from mcp_endpoint import authoring, paging
from mcp_endpoint.models import Prompt
from mcp_endpoint.prompts import places
from mcp_endpoint.server import Server
from tests.mcp_endpoint.asking import FIRST, REVISIONS, THIRD, Asking
from tests.mcp_endpoint.doors import MODERN, headers_for, message, through_asgi
from tests.requirements import requirement

pytestmark = pytest.mark.django_db
TABLES, FUNCTIONS = "/api/2.0/mcp/tables/demo/shop", "/api/2.0/mcp/functions/demo/shop"
TEXT = {"role": "user", "text": "Look at {{table}} of {{schema}}. {{why}}"}
TABLE = {"role": "assistant", "resource": "gatepost://demo/{{schema}}/tables/{{table}}"}
LOOK = {
    "title": "Look at a table",
    "description": "Describe one table.",
    "arguments": [
        {"name": "schema", "required": True, "complete": "schema"},
        {"name": "table", "title": "Table", "required": True, "complete": "table"},
        {"name": "why", "values": ["to buy", "to sell"]},
    ],
    "messages": [TEXT, TABLE],
    "offered_on": ["*/demo/shop"],
}
HELLO = {"messages": [{"role": "user", "text": "Hello"}]}
PART = {"schema": "shop", "table": "part"}


@pytest.fixture(scope="module")
def shop(world, django_db_blocker):
    """Two prompts for the schema `shop`, one for everywhere, one for elsewhere and one that is off."""
    with django_db_blocker.unblock():
        world.allow("bob", "SELECT")
        authoring.create("look", LOOK, by=NOBODY)
        authoring.create("everywhere", HELLO | {"offered_on": ["*"]}, by=NOBODY)
        authoring.create("elsewhere", HELLO | {"offered_on": ["*/demo/other", "sql", "servers/desk"]}, by=NOBODY)
        authoring.create("off", HELLO | {"offered_on": ["*"], "enabled": False}, by=NOBODY)
    return Asking(world, TABLES)


def names(asking, **how):
    return [prompt["name"] for prompt in asking.ask("prompts/list", **how).json["result"]["prompts"]]


def get(asking, name, arguments=None, **how):
    return asking.ask("prompts/get", {"name": name, **({"arguments": arguments} if arguments else {})}, **how)


def complete(asking, argument, value, prompt="look", given=None, **how):
    params = {"ref": {"type": "ref/prompt", "name": prompt}, "argument": {"name": argument, "value": value}}
    params |= {"context": {"arguments": given}} if given else {}
    return asking.ask("completion/complete", params, **how).json


@requirement("PROMPTS-WRITTEN")
@pytest.mark.parametrize("revision", REVISIONS)
def test_prompts_are_listed_written_and_completed_in_every_revision(shop, recorded, revision):
    listed = shop.ask("prompts/list", revision=revision).json["result"]
    serialize_server_result("prompts/list", revision, listed)
    assert [prompt["name"] for prompt in listed["prompts"]] == ["everywhere", "look"]
    look = listed["prompts"][1]
    assert ("title" in look) == (revision != FIRST)
    assert ["title" in argument for argument in look["arguments"]] == [False, revision != FIRST, False]
    assert listed.get("cacheScope") == ("private" if revision == MODERN else None)
    written = get(shop, "look", PART | {"why": "now"}, revision=revision).json["result"]
    serialize_server_result("prompts/get", revision, written)
    text, table = written["messages"]
    assert text == {"role": "user", "content": {"type": "text", "text": "Look at part of shop. now"}}
    assert table["content"]["resource"]["uri"] == "gatepost://demo/shop/tables/part"
    completed = complete(shop, "table", "pa", given={"schema": "shop"}, revision=revision)["result"]
    serialize_server_result("completion/complete", revision, completed)
    assert completed["completion"]["values"] == ["part"]
    records = recorded()
    assert [record.action for record in records] == ["mcp.prompts/list", "mcp.prompts/get", "mcp.completion/complete"]
    assert (records[1].details["prompt"], records[1].outcome) == ("look", "allowed")


@requirement("PROMPTS-ONE-PASS")
def test_a_value_with_braces_is_not_filled_again(shop):
    answer = get(shop, "look", PART | {"why": "{{table}} {{schema}} {{nothing}}"}).json["result"]
    assert answer["messages"][0]["content"]["text"] == "Look at part of shop. {{table}} {{schema}} {{nothing}}"
    assert get(shop, "look", PART).json["result"]["messages"][0]["content"]["text"] == "Look at part of shop. "


def test_half_a_character_is_refused(shop):
    assert get(shop, "look", PART | {"why": "{half}"}).status == 200
    value = orjson.dumps(message("prompts/get", {"name": "look", "arguments": PART | {"why": "{half}"}}))
    headers = headers_for(message("prompts/get", {}), shop.world.tokens["bob"], THIRD)
    answer = through_asgi("POST", TABLES, headers, value.replace(b"{half}", b"\\ud800"))
    assert answer.status == 400


@requirement("PROMPTS-ARGUMENTS")
@pytest.mark.parametrize("revision", [THIRD, MODERN])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"schema": "shop"}, "table: this argument is missing."),
        (PART | {"surprise": "x"}, "surprise: there is no such argument."),
        (PART | {"why": "x" * 4001}, "why: at most 4000 characters."),
    ],
)
def test_wrong_arguments_are_refused_by_name(shop, recorded, revision, arguments, said):
    answer = get(shop, "look", arguments, revision=revision).json
    assert answer["error"]["code"] == -32602
    assert said in answer["error"]["message"]
    [record] = recorded()
    assert (record.outcome, record.reason) == ("failed", "invalid_arguments")


@requirement("PROMPTS-RESOURCE")
@pytest.mark.parametrize("where", [("secret", "canary"), ("shop", "as_owner"), ("shop", "nothing"), ("..", "x/y")])
def test_a_resource_in_a_prompt_is_read_as_its_reader_may_read_it(shop, recorded, where):
    schema, table = where
    legacy = get(shop, "look", {"schema": schema, "table": table}).json["error"]
    assert (legacy["code"], legacy["message"]) == (-32002, "Resource not found")
    modern = get(shop, "look", {"schema": schema, "table": table}, revision=MODERN).json["error"]
    assert modern["code"] == -32602
    assert {record.reason for record in recorded()} == {"unknown_resource"}
    of_alice = Asking(shop.world, FUNCTIONS)  # she may call functions and read no table
    assert "error" in get(of_alice, "look", PART, who="alice").json
    content = get(shop, "look", PART).json["result"]["messages"][1]["content"]
    assert (
        content["resource"]
        == shop.ask("resources/read", {"uri": content["resource"]["uri"]}).json["result"]["contents"][0]
    )
    assert orjson.loads(content["resource"]["text"])["table"] == "part"


@requirement("PROMPTS-COMPLETION")
def test_completion_offers_the_admins_list_and_what_the_principal_may_see(shop):
    values = lambda *args, **how: complete(shop, *args, **how)["result"]["completion"]["values"]  # noqa: E731
    assert values("why", "to ") == ["to buy", "to sell"]
    assert values("why", "to b") == ["to buy"]
    assert values("schema", "") == ["shop"]
    assert values("table", "re", given={"schema": "shop"}) == ["reading", "readings"]
    assert values("table", "re", given={"schema": "secret"}) == []
    assert values("table", "canary") == []
    assert complete(Asking(shop.world, FUNCTIONS), "table", "", who="alice")["result"]["completion"]["values"] == []
    assert complete(shop, "nothing", "")["error"]["code"] == -32602
    assert complete(shop, "x", "", prompt="elsewhere")["error"]["code"] == -32602


@requirement("PROMPTS-WHERE")
def test_a_prompt_is_offered_on_its_urls_and_on_no_other(shop):
    assert names(Asking(shop.world, FUNCTIONS + "/echo")) == ["everywhere", "look"]
    assert names(Asking(shop.world, "/api/2.0/mcp/sql/demo")) == ["elsewhere", "everywhere"]
    unknown = get(shop, "elsewhere")
    assert (unknown.json["error"]["code"], unknown.json["error"]["message"]) == (-32602, "Unknown prompt: elsewhere")
    assert get(shop, "off").json["error"]["message"] == "Unknown prompt: off"
    for who, path in (("charlie", TABLES), ("bob", "/api/2.0/mcp/tables/demo/secret")):
        assert Asking(shop.world, path).ask("prompts/list", who=who).status == 404
        assert get(Asking(shop.world, path), "everywhere", who=who).status == 404
    narrow = shop.ask("prompts/list", who="narrow")  # its scope opens the kind sql
    assert (narrow.status, 'scope="mcp.tables"' in narrow.headers["www-authenticate"]) == (403, True)


def test_pages_of_prompts_follow_each_other(shop, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 1)
    first = shop.ask("prompts/list").json["result"]
    rest = shop.ask("prompts/list", {"cursor": first["nextCursor"]}).json["result"]
    assert [[prompt["name"] for prompt in page["prompts"]] for page in (first, rest)] == [["everywhere"], ["look"]]
    assert "nextCursor" not in rest


@pytest.mark.parametrize(
    ("kind", "names", "among"),
    [
        ("tables", ("demo", "shop"), {"*", "tables", "tables/demo", "*/demo", "tables/demo/shop", "*/demo/shop"}),
        ("servers", ("demo",), {"*", "servers", "servers/demo"}),
        ("sql", (), {"*", "sql"}),
        ("sql", ("a/b",), {"*", "sql", "sql/a%2Fb", "*/a%2Fb"}),
    ],
)
def test_a_url_is_part_of_these_places(kind, names, among):
    assert set(places.covering(Server(kind, names, "", ""))) == among


class TestAuthoring:
    """What an admin may say, and what is kept of it."""

    def test_a_change_is_a_new_version_with_before_and_after(self):
        prompt = authoring.create("plan", LOOK, by=NOBODY)
        changed = authoring.change(prompt, {"title": "Plan"}, by=NOBODY)
        assert (prompt.version, changed.version, changed.messages) == (1, 2, prompt.messages)
        assert authoring.change(changed, {"title": "Plan"}, by=NOBODY).version == 2
        authoring.delete(changed, by=NOBODY)
        with pytest.raises(NotFound):
            authoring.find("plan")
        events = AuditEvent.objects.filter(object="plan").order_by("id")
        assert [event.action for event in events] == ["prompt.create", "prompt.update", "prompt.delete"]
        assert (events[1].details["before"]["title"], events[1].details["after"]["title"]) == (LOOK["title"], "Plan")

    def test_two_cannot_have_one_name_and_there_are_so_many(self, monkeypatch):
        authoring.create("plan", HELLO, by=NOBODY)
        with pytest.raises(AlreadyExists):
            authoring.create("plan", HELLO, by=NOBODY)
        monkeypatch.setattr(authoring, "QUOTA", Prompt.objects.count())
        with pytest.raises(QuotaExceeded):
            authoring.create("plan_b", HELLO, by=NOBODY)

    def test_an_argument_that_a_gap_needs_cannot_be_taken_away(self):
        prompt = authoring.create("plan", LOOK, by=NOBODY)
        with pytest.raises(Invalid) as refusal:
            authoring.change(prompt, {"arguments": LOOK["arguments"][1:]}, by=NOBODY)
        assert refusal.value.errors == {
            "messages": [
                "1: there is no argument for the gap {{schema}}.",
                "2: there is no argument for the gap {{schema}}.",
            ]
        }

    @requirement("PROMPTS-CHECKED")
    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"title": "x" * 201}, "title"),
            ({"description": "x" * 1001}, "description"),
            ({"arguments": [{"name": "a b"}]}, "arguments"),
            ({"arguments": [{"name": "a"}, {"name": "a"}]}, "arguments"),
            ({"arguments": [{"name": "a", "surprise": 1}]}, "arguments"),
            ({"arguments": [{"name": "a", "complete": "column"}]}, "arguments"),
            ({"arguments": [{"name": "a", "complete": "table", "values": ["x"]}]}, "arguments"),
            ({"arguments": [{"name": "a", "values": [""]}]}, "arguments"),
            ({"arguments": [{"name": f"a{n}"} for n in range(21)]}, "arguments"),
            ({"messages": []}, "messages"),
            ({"messages": [{"role": "system", "text": "x"}]}, "messages"),
            ({"messages": [{"role": "user"}]}, "messages"),
            ({"messages": [{"role": "user", "text": "x", "resource": "gatepost://x"}]}, "messages"),
            ({"messages": [{"role": "user", "resource": "file:///etc/passwd"}]}, "messages"),
            ({"messages": [{"role": "user", "text": "{{nothing}}"}]}, "messages"),
            ({"messages": [{"role": "user", "text": "{{ }} and {{"}]}, "messages"),
            ({"messages": [{"role": "user", "text": "a {{ b"}]}, "messages"),
            ({"messages": [{"role": "user", "text": "x" * 10_001}]}, "messages"),
            ({"messages": [{"role": "user", "text": "x"}] * 21}, "messages"),
            ({"arguments": [{"name": "a"}], "messages": [{"role": "user", "text": "{{a}}" * 101}]}, "messages"),
            ({"offered_on": ["nothing/demo"]}, "offered_on"),
            ({"offered_on": ["tables/demo/shop/x"]}, "offered_on"),
            ({"offered_on": ["tables/demo/"]}, "offered_on"),
            ({"offered_on": [""]}, "offered_on"),
            ({"offered_on": ["**"]}, "offered_on"),
            ({"offered_on": ["*"] * 101}, "offered_on"),
        ],
    )
    def test_faults_are_named_and_nothing_is_kept(self, fields, named):
        with pytest.raises(Invalid) as refusal:
            authoring.create("plan", HELLO | fields, by=NOBODY)
        assert list(refusal.value.errors) == [named]
        assert not Prompt.objects.filter(name="plan").exists()

    @pytest.mark.parametrize("name", ["", "a b", "ä", "x" * 65, "a/b"])
    def test_a_name_is_fit_for_every_client(self, name):
        with pytest.raises(Invalid):
            authoring.create(name, HELLO, by=NOBODY)

    def test_places_are_kept_in_one_form(self):
        offered = ["*", "ai-search/demo", "vector-search/demo", "tables/d%65mo", "*/demo/shop", "servers/desk", "sql"]
        kept = authoring.create("plan", HELLO | {"offered_on": offered}, by=NOBODY).offered_on
        assert kept == ["*", "vector-search/demo", "tables/demo", "*/demo/shop", "servers/desk", "sql"]
