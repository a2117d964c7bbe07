import pytest

from tests.catalog.corpus.strangers import strangers as make_strangers


@pytest.fixture(scope="session")
def strangers():
    with make_strangers() as made:
        yield made
