"""mcp.md 4.6: searching vectors, against what the same arithmetic gives without an index."""

import math

import pytest
from jsonschema import Draft202012Validator
from mcp_types.methods import serialize_server_result

from accounts.errors import Invalid
from audit.event import NOBODY
from catalog import document_search, embedding_functions, introspection
from catalog.document_search import Choice
from catalog.models import Catalog
from catalog.sealing import seal
from tests.catalog.gallery import PASSWORD, VECTORS, gallery
from tests.cli.conftest import committed
from tests.mcp_endpoint.asking import REVISIONS, Asking
from tests.requirements import requirement
from tests.waiting import until

pytestmark = pytest.mark.django_db
ASKED = [0.2, -0.7, 0.4]
BY_COSINE, BY_L2, BY_INNER = "gallery__art__by_cosine", "gallery__art__by_l2", "gallery__art__by_inner"


@pytest.fixture(scope="module")
def art(world, django_db_blocker):
    """A catalog with vectors, which bob may read."""
    with gallery() as target, django_db_blocker.unblock():
        reach = {name: getattr(target, name) for name in ("host", "port", "database", "user", "sslmode")}
        catalog = Catalog.objects.create(name="gallery", password_sealed=seal(PASSWORD), **reach)
        introspection.refresh(catalog)
        works = Choice("title", ("title", "kind"), "", "simple")
        document_search.put(catalog, "art", "work", works, by=NOBODY)
        world.catalog = catalog
        world.allow("bob", "USE_CATALOG", "USE_SCHEMA", "SELECT")
        yield Asking(world, "/api/2.0/mcp/vector-search/gallery/art")


def dot(left, right):
    return sum(x * y for x, y in zip(left, right, strict=True))


def cosine(left, right):
    return dot(left, right) / math.sqrt(dot(left, left) * dot(right, right))


SCORES = {
    BY_COSINE: cosine,
    BY_L2: lambda left, right: 1 / (1 + math.dist(left, right)),
    BY_INNER: dot,
}


def best(name, number, ids=VECTORS):
    """Ids and scores by plain arithmetic."""
    scored = sorted(((SCORES[name](ASKED, VECTORS[id_]), id_) for id_ in ids), reverse=True)
    return [(id_, score) for score, id_ in scored[:number]]


def test_each_whole_index_over_vectors_is_a_tool(art):
    tools = art.tools()
    assert list(tools) == sorted(SCORES)
    for tool in tools.values():
        Draft202012Validator.check_schema(tool["inputSchema"])
        assert tool["annotations"]["readOnlyHint"]
        assert tool["description"].startswith("Works of art\n\n")
    assert tools[BY_L2]["_meta"]["gatepost/object"]["name"] == "by l2"
    assert tools[BY_L2]["title"] == "Nearest rows of work by l%s"


def test_the_url_of_one_index_has_its_tool_only(art):
    assert list(Asking(art.world, f"{art.path}/by%20l2").tools()) == [BY_L2]
    assert Asking(art.world, f"{art.path}/nothing").ask("tools/list").status == 404


@requirement("T-vectors")
@pytest.mark.parametrize("name", SCORES)
def test_the_nearest_rows_come_first_and_the_score_is_last(art, name):
    answer = art.rows(name, {"query_vector": ASKED, "columns": ["id"], "num_results": 8})
    assert answer["columns"] == ["id", "score"]
    expected = best(name, 8)
    assert [id_ for id_, _ in answer["rows"]] == [id_ for id_, _ in expected]
    assert [score for _, score in answer["rows"]] == pytest.approx([score for _, score in expected], abs=2e-3)
    assert not answer["is_truncated"]


def test_without_choices_five_rows_come_without_the_vector(art):
    answer = art.rows(BY_COSINE, {"query_vector": ASKED})
    assert answer["columns"] == ["id", "title", "kind", "l%s", "inner_half", "unindexed", "score"]
    assert len(answer["rows"]) == 5


@requirement("T-vectors")
@pytest.mark.parametrize("name", SCORES)
def test_filters_leave_as_many_rows_as_were_asked_for(art, name):
    arguments = {"query_vector": ASKED, "filters": {"kind": "rare"}, "columns": ["id"], "num_results": 3}
    rows = art.rows(name, arguments)["rows"]
    assert [id_ for id_, _ in rows] == [id_ for id_, _ in best(name, 3, [40, 80, 120])]


def test_the_threshold_cuts_what_is_below(art):
    limit = best(BY_COSINE, 3)[-1][1] - 1e-6
    rows = art.rows(BY_COSINE, {"query_vector": ASKED, "score_threshold": limit, "num_results": 50})["rows"]
    assert len(rows) == 3
    assert all(row[-1] >= limit for row in rows)


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("kind", ["vector-search", "ai-search"])
def test_both_spellings_answer_in_every_revision(art, recorded, kind, revision):
    both = Asking(art.world, f"/api/2.0/mcp/{kind}/gallery/art")
    result = both.call(BY_COSINE, {"query_vector": ASKED}, revision=revision)
    serialize_server_result("tools/call", revision, result)
    assert not result.get("isError")
    assert recorded()[-1].object == "gallery.art.by_cosine"
    serialize_server_result("tools/list", revision, both.ask("tools/list", revision=revision).json["result"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "query_vector"),
        ({"query_vector": [1, 2]}, "query_vector"),
        ({"query_vector": ["a", 1, 2]}, "query_vector.0"),
        ({"query_vector": ASKED, "num_results": 101}, "num_results"),
        ({"query_vector": ASKED, "columns": ["none"]}, "columns.0"),
        ({"query_vector": ASKED, "filters": {"cosine": {"eq": "[1,2,3]"}}}, "filters.cosine"),
        ({"query_vector": [1e300, 1, 1]}, "out of range"),
    ],
)
def test_wrong_arguments_are_told_by_name(art, arguments, named):
    result = art.call(BY_COSINE, arguments)
    assert result["isError"]
    assert named in result["content"][0]["text"]


def test_presets_of_the_developer_only_take_away(art):
    def preset(arguments, **meta):
        params = {"name": BY_COSINE, "arguments": {"query_vector": ASKED, **arguments}, "_meta": meta}
        return art.ask("tools/call", params).json

    def content(*args, **meta):
        return preset(*args, **meta)["result"]["structuredContent"]

    assert len(content({"num_results": 9}, num_results=2)["rows"]) == 2
    assert len(content({"num_results": 1}, num_results=4)["rows"]) == 1
    assert content({}, columns=["id"])["columns"] == ["id", "score"]
    assert content({"columns": ["id", "title"]}, columns=["id"])["columns"] == ["id", "score"]
    for rare in ({"kind": "rare"}, '{"kind": "rare"}'):
        answer = content({"columns": ["kind"], "num_results": 3}, filters=rare)
        assert {kind for kind, _ in answer["rows"]} == {"rare"}
    assert content({"filters": {"kind": "common"}}, filters={"kind": "rare"})["rows"] == []
    assert content({"score_threshold": -1}, score_threshold=2)["rows"] == []
    for wrong in ({"num_results": 0}, {"filters": "{"}, {"filters": {"nope": 1}}, {"columns": "id"}):
        assert preset({}, **wrong)["error"]["code"] == -32602


@requirement("T-documents")
def test_the_rows_behind_an_index_are_documents_too(art):
    chatgpt = Asking(art.world, f"{art.path}/by_cosine", "toolset=chatgpt")
    [first, *_] = chatgpt.rows("search", {"query": "rare"})["results"]
    document = chatgpt.rows("fetch", {"id": first["id"]})
    assert document["metadata"]["name"] == "work"
    assert document["text"].endswith("rare")


def test_who_may_not_select_sees_no_index(art):
    assert art.ask("tools/list", who="charlie").status == 404
    assert art.ask("tools/list", who="narrow").status == 403
    assert Asking(art.world, "/api/2.0/mcp/vector-search/demo/shop").ask("tools/list").status == 404


def test_a_text_is_searched_by_who_may_execute_the_function(art):
    def offered():
        return "query" in art.tools()[BY_COSINE]["inputSchema"]["properties"]

    world = art.world
    committed(embedding_functions.put, world.catalog, "art", "by_cosine", ("art", "embed"), by=NOBODY)
    assert not offered()
    committed(world.allow, "bob", "EXECUTE")
    until(offered)
    chosen = {"columns": ["id"], "num_results": 8}
    by_text = art.rows(BY_COSINE, {"query": "asked", **chosen})
    assert by_text["rows"] == art.rows(BY_COSINE, {"query_vector": ASKED, **chosen})["rows"]
    for wrong, told in (
        ({}, "exactly one of query_vector and query"),
        ({"query": "asked", "query_vector": ASKED}, "exactly one of query_vector and query"),
        ({"query": "short"}, "made 2 numbers"),
        ({"query": "unknown"}, "made no vector"),
        ({"query": "a\0"}, "NUL"),
    ):
        result = art.call(BY_COSINE, wrong)
        assert result["isError"]
        assert told in result["content"][0]["text"]


@pytest.mark.parametrize(
    ("index", "function", "field"),
    [
        ("by_cosine", "nothing", "function"),
        ("by_cosine", "owned", "function"),
        ("by_cosine", "several", "function"),
        ("by_inner", "embed", "function"),
        ("work_pkey", "embed", "index"),
    ],
)
def test_what_makes_no_such_vectors_is_refused(art, index, function, field):
    with pytest.raises(Invalid) as refused:
        embedding_functions.put(art.world.catalog, "art", index, ("art", function), by=NOBODY)
    assert list(refused.value.errors) == [field]
