"""The MCP conformance suite (npm), where it is installed."""

import pytest

from config.conformance import suite


@pytest.fixture(scope="session")
def suite_command():
    """The command line of the suite. Skips where it is not installed; CI skips nothing."""
    try:
        return suite.command()
    except suite.MissingError as missing:
        pytest.skip(str(missing))
