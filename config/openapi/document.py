"""The document itself. It describes the code, so each process makes it once."""

from functools import lru_cache
from threading import Lock
from typing import Any, Final

import orjson
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

Document = dict[str, Any]

_MAKING: Final = Lock()  # drf-spectacular loads its extensions while it works, and fails in two threads at once


def document() -> Document:
    """Return the OpenAPI 3.1 document of every route under /api/."""
    with _MAKING:
        return made()


@lru_cache(maxsize=1)
def made() -> Document:
    """Make the document. `document` is for callers."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    described: Document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return described


@lru_cache(maxsize=1)
def as_json() -> bytes:
    """Return the document as JSON."""
    return orjson.dumps(document())


@lru_cache(maxsize=1)
def as_yaml() -> bytes:
    """Return the document as YAML."""
    rendered: bytes = OpenApiYamlRenderer().render(document(), renderer_context={})  # type: ignore[no-untyped-call]
    return rendered
