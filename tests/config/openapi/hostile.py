"""Hooks of schemathesis: what it may not do to itself, and what is no fault. tests/config/openapi/test_hostile_input.py runs it with this."""

import os
import uuid

import schemathesis
from schemathesis.core.failures import AcceptedNegativeData

NOWHERE = {"host": "127.0.0.1", "port": 1}  # a database that is not there is refused at once, and no name is looked up
ACCOUNT = os.environ["GATEPOST_TEST_ACCOUNT"]
KEPT = frozenset(os.environ["GATEPOST_TEST_KEPT"].split())  # ids of the callers and of their tokens


@schemathesis.hook
def before_call(_context, case, _options):
    """Leave the callers and their tokens alone, or everything is 401 from then on. Look into the account that is there."""
    if case.path_parameters:
        case.path_parameters = {name: spared(value) for name, value in case.path_parameters.items()}
        if is_uuid(case.path_parameters.get("account_id")):
            case.path_parameters["account_id"] = ACCOUNT
    if isinstance(case.body, dict):
        case.body = {name: spared(value) for name, value in case.body.items()}
        if "host" in case.body:
            case.body |= NOWHERE


@schemathesis.hook
def filter_failure(_context, failure, case, _response):
    """SCIM ignores attributes that a kind does not have, whatever they hold (RFC 7643 2.1)."""
    return not (isinstance(failure, AcceptedNegativeData) and "/scim/" in case.path)


def spared(value):
    return "1" if str(value).lstrip("0") in KEPT else value


def is_uuid(value):
    try:
        return bool(uuid.UUID(str(value)))
    except ValueError:
        return False
