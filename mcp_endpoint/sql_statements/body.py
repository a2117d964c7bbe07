"""The body of a request, from its bytes to what is asked for. A fault names its field and is nobody's decision."""

from rest_framework.exceptions import ValidationError

from accounts.api.errors import explain
from accounts.errors import Invalid
from mcp_endpoint import body
from mcp_endpoint.exchange import Refusal, Request
from mcp_endpoint.sql_statements import fields
from mcp_endpoint.sql_statements.fields import Asked


async def asked(request: Request) -> Asked:
    """Return what the body asks for, or raise the Refusal that names the fields at fault."""
    try:
        return fields.asked(await body.read(request))
    except (ValidationError, Invalid) as error:
        status, _, message, violations = explain(error)
        raise Refusal(status, message, data=violations) from None
