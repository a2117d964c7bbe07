"""Rows M1 to M9 of mcp.md 7 at a web process of its own, over HTTP."""

import pytest

from tests import live
from tests.mcp_endpoint.conftest import make_world


@pytest.fixture(scope="module")
def web(world):
    """For tests that change nothing."""
    with live.web({"GATEPOST_REQUESTS_PER_MINUTE": "1000000"}) as started:
        yield started


@pytest.fixture
def own_world(transactional_db, workshop):
    """A world for one test, which may change it."""
    return make_world(workshop)


@pytest.fixture
def own_web(own_world):
    with live.web({"GATEPOST_REQUESTS_PER_MINUTE": "1000000"}) as started:
        yield started
