"""RFC 6749 5: what oauthlib runs for the grant types that have their own module beside: a client, checks, an answer."""

import json

from oauthlib.common import Request
from oauthlib.oauth2 import BearerToken, OAuth2Error
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase

from connections.oauth import errors


class Flow(GrantTypeBase):
    """A grant type: `validate_token_request` checks, or raises what is answered."""

    def create_token_response(self, request: Request, token_handler: BearerToken) -> tuple[dict[str, str], str, int]:
        """RFC 6749 5.1, or an error."""
        headers = self._get_default_headers()
        try:
            self.validate_token_request(request)
        except OAuth2Error as error:
            headers.update(error.headers)
            return headers, error.json, error.status_code
        token = token_handler.create_token(request, self.refresh_token)
        self.request_validator.save_token(token, request)
        return headers, json.dumps(token), 200

    def know_client(self, request: Request) -> None:
        """RFC 6749 3.2.1: a confidential client authenticates, a public one names itself; and it may do this."""
        validator = self.request_validator
        if validator.client_authentication_required(request):
            known = validator.authenticate_client(request)
        else:
            known = validator.authenticate_client_id(request.client_id, request)
        if not known:
            raise errors.InvalidClient(request=request)
        self.validate_grant_type(request)
