"""The document itself. It describes the code, so each process makes it once."""

from functools import lru_cache
from typing import Any

import orjson
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

Document = dict[str, Any]


@lru_cache(maxsize=1)
def document() -> Document:
    """Return the OpenAPI 3.1 document of every route under /api/."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: Document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=1)
def as_json() -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document())


@lru_cache(maxsize=1)
def as_yaml() -> bytes:
    """Return the document as YAML."""
    rendered: bytes = OpenApiYamlRenderer().render(document(), renderer_context={})  # type: ignore[no-untyped-call]
    return rendered
