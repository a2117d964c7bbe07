"""How the tests make clients of the SDK, and what they look at beside its classes."""

from typing import Any

from databricks.sdk import AccountClient, WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service import iam

from tests.journeys.running import Gatepost

WIDE = ["all-apis", "access-management"]
PATCH = [iam.PatchSchema.URN_IETF_PARAMS_SCIM_API_MESSAGES_2_0_PATCH_OP]


def account_of(gatepost: Gatepost, **credentials: Any) -> AccountClient:
    """Return a client of the account surface."""
    return AccountClient(config=config(gatepost, **{"account_id": gatepost.facts["account_id"], **credentials}))


def workspace_of(gatepost: Gatepost, **credentials: Any) -> WorkspaceClient:
    """Return a client of the workspace surface."""
    return WorkspaceClient(config=config(gatepost, **credentials))


def config(gatepost: Gatepost, **options: Any) -> Config:
    """Return how to reach Gatepost. What the SDK repeats, it repeats for 5 seconds and not for minutes."""
    return Config(host=gatepost.base, retry_timeout_seconds=5, **options)


def wire(client: AccountClient | WorkspaceClient, path: str, **query: Any) -> Any:
    """Return the JSON of a GET as it came, before any class of the SDK forgave something."""
    return client.api_client.do("GET", path, query=query)


def violations(refusal: Any) -> list[str]:
    """Return the fields that an error of the SDK names."""
    found = refusal.get_error_details().bad_request
    return [violation.field for violation in found.field_violations] if found else []
