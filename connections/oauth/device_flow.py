"""RFC 8628 3.1 and 3.4: what oauthlib runs for the two requests of a device."""

import json
from typing import Any

from oauthlib.common import Request
from oauthlib.oauth2 import OAuth2Error
from oauthlib.oauth2.rfc6749.endpoints.base import BaseEndpoint

from connections.oauth import device, errors
from connections.oauth.flow import Flow


class DeviceAuthorization(BaseEndpoint):
    """RFC 8628 3.1: the client authenticates as at the token endpoint."""

    def create_device_authorization_response(
        self, uri: str, http_method: str, body: str, headers: dict[str, Any]
    ) -> tuple[str, int]:
        """Return body and status."""
        request = Request(uri, http_method, body, headers)
        validator = self.request_validator
        try:
            self._raise_on_invalid_client(request)
            if not validator.validate_grant_type(request.client_id, device.GRANT_TYPE, request.client, request):
                raise errors.UnauthorizedClient(request=request)
            return json.dumps(device.begin(request)), 200
        except OAuth2Error as error:
            return error.json, error.status_code


class DeviceFlow(Flow):
    """RFC 8628 3.4: public clients poll too, and the person's answer decides the scopes."""

    def validate_token_request(self, request: Request) -> None:
        """Check the poll; raise what RFC 8628 3.5 answers."""
        device_code = getattr(request, "device_code", None)
        if not device_code:
            raise errors.InvalidRequest(description="Send device_code.", request=request)
        self.know_client(request)
        device.redeem(device_code, request)
