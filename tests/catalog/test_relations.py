"""catalog.relations: the tables and views that a caller may use."""

import pytest

from audit import event_loop
from catalog import relations
from catalog.errors import NotVisible
from catalog.models import Privilege
from catalog.snapshot import Caller
from tests.catalog.conftest import catalog_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def someone(workshop, bob):
    """A person who may only enter the schema, and a function that gives a privilege."""

    catalog = catalog_on(workshop)

    def hold(action, securable="catalog", **names):
        Privilege.objects.create(user=bob, action=action, securable=securable, catalog=catalog, **names)

    hold("USE_CATALOG")
    hold("USE_SCHEMA")
    return Caller(bob.pk, frozenset()), hold


def seen(caller, schema="shop"):
    return {reach.relation.name: reach for reach in event_loop.run(relations.visible("workshop", schema, caller))}


def test_without_a_privilege_there_is_nothing_to_see(someone):
    caller, _ = someone
    for schema in ("shop", "nowhere"):
        with pytest.raises(NotVisible):
            seen(caller, schema)


def test_select_on_the_catalog_reaches_tables_but_no_view_that_runs_as_its_owner(someone):
    caller, hold = someone
    hold("SELECT")
    found = seen(caller)
    assert {"part", "item", "as_caller"} <= set(found)
    assert "as_owner" not in found
    assert (found["part"].select, found["part"].modify) == (True, False)


def test_a_privilege_by_name_opens_what_runs_as_its_owner(someone):
    caller, hold = someone
    hold("SELECT", "table", schema="shop", object="as_owner")
    assert set(seen(caller)) == {"as_owner"}


def test_columns_say_how_a_value_gets_into_them_and_unreadable_ones_are_left_out(someone):
    caller, hold = someone
    hold("MODIFY", "table", schema="shop", object="item")
    reach = seen(caller)["item"]
    assert (reach.select, reach.modify) == (False, True)
    price = reach.relation.column("price")
    assert price.input.cast == ("pg_catalog", "numeric")
    assert price.input.schema["type"] == ["number", "string"]
    assert (reach.relation.keys[0].kind, reach.relation.keys[0].columns) == ("p", ("id",))
