"""catalog.api.document_search"""

import pytest

from audit.models import AuditEvent
from catalog.models import DocumentSearch

pytestmark = pytest.mark.django_db
X = "/api/gatepost/v1/catalogs/workshop/document-search"
ITEM = f"{X}/shop/item"
CHOICE = {
    "title_column": "name",
    "text_columns": ["name", "code"],
    "url_template": "https://shop.example.com/items/{id}",
    "configuration": "simple",
}


def test_a_choice_is_set_shown_listed_and_forgotten(admin, catalog):
    made = admin.send("PUT", ITEM, CHOICE)
    assert made.status_code == 200
    shown = {name: value for name, value in made.json().items() if name not in {"update_time", "updated_by"}}
    assert shown == {
        **CHOICE,
        "schema": "shop",
        "table": "item",
        "enabled": True,
        "create_index": 'CREATE INDEX ON "shop"."item" USING gin (pg_catalog.to_tsvector('
        "'simple'::pg_catalog.regconfig, pg_catalog.left(coalesce(\"name\"::pg_catalog.text, '') || ' ' || "
        "coalesce(\"code\"::pg_catalog.text, ''), 200000)))",
    }
    assert admin.send("GET", ITEM).json() == made.json()
    off = admin.send("PUT", ITEM, {"title_column": "name", "text_columns": ["name"], "enabled": False}).json()
    assert (off["enabled"], off["url_template"], off["text_columns"]) == (False, "", ["name"])
    assert off["configuration"] == catalog.text_search_configurations[0]
    assert admin.send("GET", X).json() == {"document_search": [off]}
    assert admin.send("DELETE", ITEM).json() == {}
    assert admin.send("GET", X).json() == {"document_search": []}
    assert AuditEvent.objects.filter(action__startswith="document_search.").count() == 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title_column": None}, "title_column"),
        ({"title_column": "price"}, "title_column"),
        ({"title_column": "na\0me"}, "title_column"),
        ({"text_columns": "name"}, "text_columns"),
        ({"text_columns": []}, "text_columns"),
        ({"text_columns": [7]}, "text_columns"),
        ({"url_template": "https://shop.example.com/{price}"}, "url_template"),
        ({"url_template": 7}, "url_template"),
        ({"configuration": "klingon"}, "configuration"),
        ({"enabled": "yes"}, "enabled"),
        ({"tables": []}, "tables"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_changes(admin, catalog, changes, field):
    answer = admin.send("PUT", ITEM, CHOICE | changes)
    assert answer.status_code == 400
    assert field in answer.json()["message"]
    assert not DocumentSearch.objects.exists()


def test_what_is_not_there_is_404(admin, catalog):
    for path in (f"{X}/shop/nothing", f"{X}/nowhere/item", ITEM.replace("workshop", "nothing")):
        assert admin.send("PUT", path, CHOICE).status_code == 404
        assert admin.send("GET", path).status_code == 404
        assert admin.send("DELETE", path).status_code == 404
    for method, body in (("PUT", CHOICE), ("GET", None), ("DELETE", None)):
        assert admin.send(method, f"{X}/shop/%00", body).status_code in {400, 404}


def test_only_an_account_admin_chooses(caller, bob, dora, catalog):
    assert caller(bob).send("GET", X).status_code == 403
    assert caller(bob).send("PUT", ITEM, CHOICE).status_code == 403
    assert caller(dora).send("GET", X).status_code == 200
    assert caller(dora).send("PUT", ITEM, CHOICE).status_code == 403
    assert caller(dora).send("DELETE", ITEM).status_code == 403
