"""One running Gatepost for all journeys."""

import pytest

from tests.journeys.running import up


@pytest.fixture(scope="session")
def gatepost(tmp_path_factory):
    with up(tmp_path_factory.mktemp("journey")) as running:
        yield running
