"""Callers of the API, and a catalog to ask about."""

import pytest

from tests.accounts.api.conftest import admin, caller
from tests.catalog.conftest import catalog_on

__all__ = ["admin", "caller"]


@pytest.fixture
def catalog(workshop, db):
    return catalog_on(workshop)
