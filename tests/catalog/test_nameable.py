"""What a caller may name in SQL, read from the copy, against what the corpus reads straight from the database."""

import pytest

from audit import event_loop
from catalog import snapshot
from catalog.guard import Held, Overload
from catalog.models import Catalog, Privilege, Routine
from catalog.snapshot import Caller
from tests.catalog.conftest import catalog_on
from tests.catalog.corpus.conftest import strangers  # noqa: F401 - a fixture
from tests.catalog.corpus.strangers import CALLABLE, READABLE
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def catalog(strangers):  # noqa: F811
    return catalog_on(strangers.target, trusted_schemas=["vectors"])


@pytest.fixture
def names(catalog, bob):
    def hold(action, securable="catalog", **place):
        Privilege.objects.create(user=bob, action=action, securable=securable, catalog=catalog, **place)

    hold("USE_CATALOG")
    for schema in ("sales", "vectors"):
        hold("USE_SCHEMA", "schema", schema=schema)
    for action in ("SELECT", "EXECUTE"):
        hold(action, "schema", schema="sales")
    hold("MODIFY", "table", schema="sales", object="notes")

    def read():
        async def of():
            return await snapshot.names(await snapshot.header(catalog.name), Caller(bob.pk, frozenset()))

        return event_loop.run(of())

    return read


def test_the_path_holds_what_the_login_role_may_enter_and_usable_what_the_caller_may(names):
    found = names()
    assert found.search_path == ("public", "sales", "secrets", "vectors")
    assert found.usable == {"sales", "vectors"}
    assert found.trusted == {"vectors"}


def test_every_relation_is_there_with_columns_views_and_fields_as_the_database_has_them(strangers, names):  # noqa: F811
    found = names().relations
    expected = {name: one for name, one in strangers.names.relations.items() if name[0] != "hr"}
    assert set(found) == set(expected)
    for name, one in expected.items():
        same = (found[name].columns, found[name].kind, found[name].runs_as_owner, found[name].reads)
        assert same == (one.columns, one.kind, one.runs_as_owner, one.reads), name
    assert found["sales", "places"].fields == {"trip": frozenset({"street", "city"})}
    assert {name for name in READABLE if found["sales", name].select == Held.INHERITED} == set(READABLE)
    assert found["sales", "notes"].modify == Held.BY_NAME
    assert found["secrets", "canary"].select == Held.NO


def test_every_function_is_there_with_procedures_and_polymorphic_ones(strangers, names):  # noqa: F811
    found = names().functions
    expected = {name: len(overloads) for name, overloads in strangers.names.functions.items() if name[0] != "hr"}
    assert {name: len(overloads) for name, overloads in found.items() if name[0] != "public"} == expected
    assert found["sales", "proc"][0].execute == Held.NO
    assert {name for name in CALLABLE if found["sales", name][0].execute != Held.NO} == set(CALLABLE) - {"proc"}
    assert found["sales", "spy"] == (Overload(Held.INHERITED, takes_row=True, columns=(), is_volatile=True),)
    assert found["sales", "split"][0].columns == ("half", "rest")
    assert found["sales", "firsts"][0].columns == ("id", "customer", "amount")
    assert found["sales", "sd_leak"][0].runs_as_owner


def test_types_operators_collations_and_the_names_of_pg_catalog_are_complete(strangers, names):  # noqa: F811
    found = names()
    for what in ("types", "operators", "collations"):
        own = {name for name in getattr(found, what) if name[0] != "public"}
        assert own == {name for name in getattr(strangers.names, what) if name[0] != "hr"}
    assert found.system_functions == strangers.names.system_functions
    assert found.system_types == strangers.names.system_types


def test_what_an_admin_marks_or_takes_away_is_felt_at_once(catalog, names):
    assert not names().functions["sales", "tax"][0].writes
    Routine.objects.filter(schema__catalog=catalog, name="tax").update(writes=True)
    Catalog.objects.filter(pk=catalog.pk).update(version=catalog.version + 1, trusted_schemas=[])
    until(lambda: not names().trusted)
    assert names().functions["sales", "tax"][0].writes
    Privilege.objects.filter(action="SELECT").delete()
    until(lambda: names().relations["sales", "orders"].select == Held.NO)
