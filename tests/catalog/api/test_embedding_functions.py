"""catalog.api.embedding_functions"""

import pytest

from audit.models import AuditEvent
from catalog.models import Catalog, EmbeddingFunction, Relation, Routine, Schema
from tests.accounts.api.conftest import admin, caller

__all__ = ["admin", "caller"]
pytestmark = pytest.mark.django_db
BASE = "/api/gatepost/v1/catalogs/press/embedding-functions"
ONE = f"{BASE}/sales/by_meaning"
EMBED = {"function_schema": "sales", "function": "embed"}
TEXT = {"cast": ["pg_catalog", "text"], "codec": "text", "is_array": False, "schema": {"type": "string"}}
WORDS = {"name": "words", "shown": "words", "mode": "i", "type": "text", "has_default": False, "input": TEXT}
VECTOR = {"type": "vector", "set": False, "rows": 0, "columns": []}


@pytest.fixture
def sales():
    press = Catalog.objects.create(name="press", host="h", database="d", user="u", password_sealed=b"")
    sales = Schema.objects.create(catalog=press, name="sales")
    column = {"name": "meaning", "type": "vector(3)", "type_name": "USER_DEFINED_TYPE", "nullable": False}
    nearest = {"name": "by_meaning", "method": "hnsw", "columns": ["meaning"], "unique": False, "primary": False}
    nearest |= {"opclass": "vector_cosine_ops", "dimensions": 3}
    key = {"name": "key", "method": "btree", "columns": ["meaning"], "unique": True, "primary": True}
    Relation.objects.create(schema=sales, name="articles", kind="r", columns=[column], indexes=[key, nearest])
    return sales


def function(schema, name="embed", signature="text", **more):
    fields = {"arguments": [WORDS], "returns": VECTOR, "language": "sql", "volatility": "i", **more}
    return Routine.objects.create(schema=schema, name=name, signature=signature, **fields)


def test_an_admin_names_changes_and_takes_away_a_function(admin, sales):
    function(sales)
    function(sales, "other")
    told = admin.send("PUT", ONE, EMBED).json()
    assert {name: told[name] for name in ("schema", "index", *EMBED)} == {
        "schema": "sales",
        "index": "by_meaning",
        **EMBED,
    }
    assert "not_offered_because" not in told
    assert admin.send("PUT", ONE, {**EMBED, "function": "other"}).json()["function"] == "other"
    assert admin.get(ONE).json()["function"] == "other"
    assert [row["function"] for row in admin.get(BASE).json()["embedding_functions"]] == ["other"]
    assert admin.delete(ONE).json() == {}
    assert admin.get(ONE).status_code == 404
    assert admin.delete(ONE).status_code == 404
    changes = [
        event.details for event in AuditEvent.objects.filter(action__startswith="embedding_function.").order_by("id")
    ]
    other = {**EMBED, "function": "other"}
    assert [(each["before"], each["after"]) for each in changes] == [(None, EMBED), (EMBED, other), (other, None)]


@pytest.mark.parametrize(
    "more",
    [
        {"arguments": []},
        {"arguments": [{**WORDS, "type": "integer"}]},
        {"arguments": [WORDS, {**WORDS, "name": "more", "shown": "more"}]},
        {"returns": {**VECTOR, "type": "text"}},
        {"returns": {**VECTOR, "set": True}},
        {"runs_as_owner": True},
        {"writes": True},
        {"accepted": {}},
    ],
)
def test_what_makes_no_vectors_of_texts_is_refused(admin, sales, more):
    function(sales, **more)
    answer = admin.send("PUT", ONE, EMBED)
    assert answer.status_code == 400
    assert "function" in str(answer.json()["details"])
    assert not EmbeddingFunction.objects.exists()


def test_two_functions_of_one_text_are_refused(admin, sales):
    function(sales)
    function(
        sales, signature="text,integer", arguments=[WORDS, {**WORDS, "name": "n", "shown": "n", "has_default": True}]
    )
    assert "several" in admin.send("PUT", ONE, EMBED).json()["message"]


def test_an_index_of_another_kind_has_none(admin, sales):
    function(sales)
    assert admin.send("PUT", f"{BASE}/sales/key", EMBED).status_code == 400
    assert admin.send("PUT", f"{BASE}/sales/nothing", EMBED).status_code == 404


def test_a_function_that_changed_since_is_not_offered_and_the_answer_says_why(admin, sales):
    embed = function(sales)
    admin.send("PUT", ONE, EMBED)
    Routine.objects.filter(pk=embed.pk).update(runs_as_owner=True)
    assert "runs as its owner" in admin.get(ONE).json()["not_offered_because"]
    embed.delete()
    assert "no function" in admin.get(ONE).json()["not_offered_because"]


def test_only_admins_choose_and_only_readers_look(caller, sales, bob, dora):
    function(sales)
    assert caller(dora).get(BASE).status_code == 200
    for who in (bob, dora):
        assert caller(who).send("PUT", ONE, EMBED).status_code == 403
        assert caller(who).delete(ONE).status_code == 403
    assert caller(bob).get(BASE).status_code == 403
