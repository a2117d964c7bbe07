"""One client for each surface, signed in by personal access token and by client credentials: every test runs as both."""

from operator import attrgetter

import pytest
from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.service import iam

from tests.journeys.sdk.connecting import WIDE, account_of, workspace_of


@pytest.fixture(scope="session", autouse=True)
def _no_environment(tmp_path_factory):
    """The SDK reads a file of the home folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path_factory.mktemp("sdk") / "none"))
        yield


@pytest.fixture(scope="session")
def robot(gatepost, _no_environment):
    """A service account that is an account admin, with a secret; gone at the end."""
    admin = account_of(gatepost, token=gatepost.facts["admin_token"])
    made = admin.service_principals.create(display_name="robot", roles=[iam.ComplexValue(value="account_admin")])
    secret = admin.service_principal_secrets.create(made.id, lifetime="3600s", scopes=WIDE)
    yield {"client_id": made.application_id, "client_secret": secret.secret}
    admin.service_principals.delete(made.id)


@pytest.fixture(scope="session", params=["token", "client credentials"])
def credentials(request, gatepost):
    if request.param == "token":
        return {"token": gatepost.facts["admin_token"]}
    return {**request.getfixturevalue("robot"), "scopes": WIDE}


@pytest.fixture(scope="session")
def account(gatepost, credentials) -> AccountClient:
    return account_of(gatepost, **credentials)


@pytest.fixture(scope="session")
def workspace(gatepost, credentials) -> WorkspaceClient:
    return workspace_of(gatepost, **credentials)


@pytest.fixture
def service(request, account, workspace):
    """The service that a test's parameter names: "account.users"."""
    surface, _, name = request.param.partition(".")
    return attrgetter(name)({"account": account, "workspace": workspace}[surface])


@pytest.fixture
def somebody(workspace):
    """A service account for one test. Everything that is its own goes with it."""
    made = workspace.service_principals.create(display_name="somebody")
    yield made
    workspace.service_principals.delete(made.id)
