"""RFC 8259: JSON in and out by orjson. The body limit is DATA_UPLOAD_MAX_MEMORY_SIZE."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JSONRenderer(BaseRenderer):
    """JSON in UTF-8."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the bytes; nothing for an answer without content."""
        return b"" if data is None else orjson.dumps(data)


class JSONParser(BaseParser):
    """One JSON object, read from the whole body so that Django's limit applies."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object; anything else is MALFORMED_REQUEST."""
        raw = parser_context["request"].body if parser_context else stream.read()
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise ParseError(f"The body is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object: {...}")
        return value


class ScimRenderer(JSONRenderer):
    """RFC 7644 3.1: the media type of SCIM."""

    media_type = "application/scim+json"


class ScimParser(JSONParser):
    """RFC 7644 3.1: the media type of SCIM."""

    media_type = "application/scim+json"


class AlwaysFirst(BaseContentNegotiation):
    """JSON whatever `Accept` says: a client that asks for HTML gets a readable error and not a 406."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser of the content type, or None (415)."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the first renderer."""
        first = next(iter(renderers))
        return first, str(first.media_type)
