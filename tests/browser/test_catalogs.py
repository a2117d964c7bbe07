"""Catalogs in the console: connect, read, mark, review changes, switch off; without JavaScript too."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from catalog import quarantine
from catalog.models import Catalog, DocumentSearch, EmbeddingFunction, Routine
from jobs import outbox
from tests.browser import world
from tests.catalog.conftest import PASSWORD, catalog_on, workshop  # noqa: F401 - a fixture
from tests.catalog.drafts import SCHEMA, drafts  # noqa: F401 - a fixture


@pytest.fixture
def northwind(transactional_db):
    return world.northwind()


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).first.click()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_database_is_connected_marked_and_switched_off(alice, sign_in, workshop, script):  # noqa: F811
    page = sign_in(alice, script=script)
    page.goto(reverse("console-catalogs"))
    page.get_by_role("main").get_by_role("link", name="Connect a database").first.click()
    for name, value in (("name", "shop"), ("host", workshop.host), ("port", workshop.port)):
        page.locator(f"[name={name}]").fill(str(value))
    page.locator("[name=database]").fill("no_such_database")
    page.locator("[name=user]").fill(workshop.user)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=sslmode]").select_option("prefer")
    press(page, "Connect database")
    assert not Catalog.objects.exists()
    assert page.locator(".invalid-feedback").first.is_visible()

    page.locator("[name=database]").fill(workshop.database)
    page.locator("[name=password]").fill(PASSWORD)
    press(page, "Connect database")
    assert page.get_by_text("“shop” is connected.").is_visible()
    outbox.run_due()
    page.reload()
    page.get_by_role("main").get_by_role("link", name="shop", exact=True).last.click()
    press(page, "Mark as writing add(integer,integer)")
    assert page.get_by_text("“add” is marked as writing.").is_visible()
    assert Routine.objects.get(name="add").writes
    press(page, "Mark as reading add(integer,integer)")
    assert not Routine.objects.get(name="add").writes

    page.goto(reverse("console-catalog", args=["shop"]))
    page.get_by_role("link", name="Switch off catalog").click()
    press(page, "Switch off catalog")
    assert not Catalog.objects.get().enabled
    assert PASSWORD not in page.content()
    actions = ["catalog.connect", "function.mark", "function.mark", "catalog.update"]
    assert (
        list(AuditEvent.objects.filter(action__in=actions).order_by("id").values_list("action", flat=True)) == actions
    )


def test_schemas_are_trusted_for_sql(alice, sign_in, northwind):
    page = sign_in(alice)
    page.goto(reverse("console-catalog", args=["northwind"]))
    page.get_by_role("link", name="Change trusted schemas").click()
    page.get_by_label("Trusted schemas").fill("x" * 64)
    press(page, "Save trusted schemas")
    assert page.get_by_text("Use a list of schema names.").first.is_visible()
    page.get_by_label("Trusted schemas").fill("extensions\npostgis")
    press(page, "Save trusted schemas")
    assert page.get_by_text("The trusted schemas are saved.").is_visible()
    assert page.get_by_text("postgis", exact=True).is_visible()
    northwind.refresh_from_db()
    assert northwind.trusted_schemas == ["extensions", "postgis"]
    assert AuditEvent.objects.get(action="catalog.update").details == {"trusted_schemas": ["extensions", "postgis"]}


def test_a_change_is_read_and_accepted(alice, dora, sign_in, northwind):
    page = sign_in(alice)
    page.goto(reverse("console-catalog", args=["northwind"]))
    page.get_by_role("link", name="Review changes").click()
    assert page.get_by_text("Also send the customer list to the person who asks.").is_visible()
    press(page, "Accept ticked changes")
    assert page.get_by_text("Tick at least one change.").is_visible()

    page.get_by_role("checkbox", name="Accept sales.revenue()").check()
    Routine.objects.filter(name="revenue").update(comment="Changed while she reads.")
    press(page, "Accept ticked changes")
    assert page.get_by_text("Something changed once more while you read.").is_visible()
    assert quarantine.changes(northwind)

    page.get_by_role("checkbox", name="Accept sales.revenue()").check()
    press(page, "Accept ticked changes")
    assert page.get_by_text("1 change was accepted.").is_visible()
    assert page.get_by_text("Nothing waits.").is_visible()
    assert not quarantine.changes(northwind)


def test_an_auditor_reads_and_a_member_sees_what_is_theirs(dora, bob, charlie, sign_in, northwind):
    page = sign_in(dora)
    page.goto(reverse("console-catalog-changes", args=["northwind"]))
    assert page.get_by_text("Revenue of all time.").is_visible()
    assert not page.get_by_role("button", name="Accept ticked changes").is_visible()
    member = sign_in(bob)
    assert member.goto(reverse("console-catalog", args=["northwind"])).status == 200
    assert not member.get_by_text("gatepost_reader").is_visible()
    assert member.goto(reverse("console-catalog-changes", args=["northwind"])).status == 403
    assert member.goto(reverse("console-catalog-privileges", args=["northwind"])).status == 403
    assert sign_in(charlie).goto(reverse("console-catalog", args=["northwind"])).status == 404


def test_a_vector_index_is_searched_by_text_and_by_vectors_again(alice, bob, sign_in, northwind):
    page = sign_in(alice)
    page.goto(reverse("console-schema", args=["northwind", "sales"]))
    page.get_by_role("link", name="Set up by_meaning").click()
    assert page.locator("[name=function]").inner_text().strip() == "sales.embed"
    press(page, "Save")
    assert page.get_by_text("“by_meaning” can be searched by text.").is_visible()
    row = EmbeddingFunction.objects.get(index="by_meaning")
    assert (row.function_schema, row.function) == ("sales", "embed")
    page.get_by_role("link", name="End text queries").click()
    press(page, "End text queries")
    assert page.get_by_text("“by_meaning” is searched by vectors only.").is_visible()
    assert not EmbeddingFunction.objects.exists()
    where = ["northwind", "sales", "by_meaning"]
    assert sign_in(bob).goto(reverse("console-embedding", args=where)).status == 403
    assert page.goto(reverse("console-embedding", args=["northwind", "sales", "nothing"])).status == 404
    assert page.goto(reverse("console-embedding-remove", args=where)).status == 404


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_rows_of_a_table_are_opened_to_search_and_closed_again(alice, bob, sign_in, northwind, script):
    page = sign_in(alice, script=script)
    page.goto(reverse("console-schema", args=["northwind", "sales"]))
    assert page.get_by_text("Switched itself off").is_visible()
    page.get_by_role("link", name="Set up tickets").click()
    page.locator("[name=title_column]").select_option("subject")
    page.get_by_label("body").check()
    page.locator("[name=url_template]").fill("http://support.example.com/{id}")
    press(page, "Switch on")
    assert page.get_by_text("Use an https address").first.is_visible()
    page.locator("[name=url_template]").fill("https://support.example.com/{id}")
    press(page, "Switch on")
    assert page.get_by_text("The rows of “tickets” can be searched.").is_visible()
    assert page.get_by_text('CREATE INDEX ON "sales"."tickets" USING gin').is_visible()
    row = DocumentSearch.objects.get(table="tickets")
    assert (row.enabled, row.text_columns, row.configuration) == (True, ["body"], "english")
    page.get_by_role("link", name="Switch off document search").click()
    press(page, "Switch off document search")
    assert page.get_by_text("The rows of “tickets” are searched no more.").is_visible()
    assert not DocumentSearch.objects.get(table="tickets").enabled
    assert AuditEvent.objects.filter(action="document_search.set").count() == 2
    member = sign_in(bob)
    assert member.goto(reverse("console-documents", args=["northwind", "sales", "tickets"])).status == 403


def test_a_privilege_is_granted_with_masks_and_taken_back(alice, bob, sign_in, northwind):
    page = sign_in(alice)
    page.goto(reverse("console-catalog", args=["northwind"]))
    page.get_by_role("link", name="Show privileges").click()
    page.get_by_role("main").get_by_role("link", name="Grant privileges").first.click()
    for name, value in (("principal", "bob@example.com"), ("schema", "sales"), ("table", "customers")):
        page.locator(f"[name={name}]").fill(value)
    page.get_by_label("Read tables and views").check()
    page.locator("[name=masks]").fill("id shuffle")
    press(page, "Grant")
    assert page.get_by_text("Write a column, a space, and null or hash on each line.").first.is_visible()
    page.locator("[name=masks]").fill("nothing null")
    press(page, "Grant")
    assert page.get_by_text("There is no column 'nothing'.").first.is_visible()
    page.locator("[name=masks]").fill("id null")
    press(page, "Grant")
    held = northwind.privileges.get(user=bob)
    assert (held.action, held.place, held.restriction) == (
        "SELECT",
        "northwind.sales.customers",
        {"masks": {"id": "null"}},
    )
    page.get_by_role("link", name="Take back SELECT northwind.sales.customers bob@example.com").click()
    press(page, "Take privilege back")
    assert not northwind.privileges.filter(user=bob).exists()
    assert page.get_by_text("SELECT was taken back.").is_visible()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_creating_role_is_set_and_taken_away(alice, sign_in, drafts, script):  # noqa: F811
    catalog = catalog_on(drafts.target, "drafts")
    page = sign_in(alice, script=script)
    page.goto(reverse("console-catalog", args=["drafts"]))
    page.get_by_role("link", name="Set creating role").click()
    assert page.get_by_text("GRANT USAGE, CREATE ON SCHEMA").is_visible()
    for schema in ("other", SCHEMA):
        for name, value in (("user", drafts.creator), ("password", PASSWORD), ("schema", schema)):
            page.locator(f"[name=creator_{name}]").fill(value)
        press(page, "Save creating role")
        if schema == "other":
            assert page.get_by_text("The creating role may not create in the schema").first.is_visible()
    assert page.get_by_text("Tables can be created in “drafts”.").is_visible()
    catalog.refresh_from_db()
    assert (catalog.creator_user, catalog.creator_schema) == (drafts.creator, SCHEMA)
    assert PASSWORD not in page.content()
    page.get_by_role("link", name="Take creating role away").click()
    press(page, "Take creating role away")
    assert page.get_by_text("Nobody can create tables here.").is_visible()
    catalog.refresh_from_db()
    assert catalog.creator_user == ""


def test_limits_are_changed_and_a_cost_limit_is_taken_away(alice, sign_in, northwind):
    page = sign_in(alice)
    page.goto(reverse("console-catalog", args=["northwind"]))
    page.get_by_role("link", name="Change limits").click()
    page.locator("[name=row_limit]").fill("0")
    page.locator("[name=plan_cost_limit]").fill("5000")
    press(page, "Save limits")
    assert page.get_by_text("Use a whole number from 1 to 100000.").first.is_visible()
    page.locator("[name=row_limit]").fill("20")
    press(page, "Save limits")
    assert page.get_by_text("an expected cost of 5000").is_visible()
    page.get_by_role("link", name="Change limits").click()
    page.locator("[name=plan_cost_limit]").fill("")
    press(page, "Save limits")
    northwind.refresh_from_db()
    assert (northwind.row_limit, northwind.plan_cost_limit) == (20, None)
