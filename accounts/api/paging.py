"""Keyset paging. A page token is opaque, signed, and bound to the list and its filter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from accounts.errors import Invalid

M = TypeVar("M", bound=Model)
T = TypeVar("T")

_BAD_TOKEN = "This is no page token of this list and filter. Begin again without it."  # noqa: S105 - a message


def page_of(
    rows: QuerySet[M],
    request: Request,
    *,
    order: Sequence[str],
    filters: Mapping[str, str] | None = None,
    size_parameter: str = "page_size",
    default: int = 100,
    cap: int = 1000,
) -> tuple[list[M], str | None]:
    """Return one page and the token of the next, or None on the last page.

    `order` names columns (no nulls), the last one unique; a leading "-" on all of them means newest first.
    """
    size = _size_of(request, size_parameter, default=default, cap=cap)
    salt = _salt(request.path, filters or {})
    if token := request.query_params.get("page_token", ""):
        rows = _after(rows, order, _load(token, salt, len(order)))
    try:
        page = list(rows.order_by(*order)[: size + 1])
    except ValidationError:
        raise Invalid({"page_token": [_BAD_TOKEN]}) from None
    if len(page) <= size:
        return page, None
    key = [_plain(getattr(page[size - 1], name.lstrip("-"))) for name in order]
    return page[:size], signing.dumps(key, salt=salt)


def slice_of(
    rows: Iterable[T], request: Request, *, key: Callable[[T], str], default: int = 100, cap: int = 1000
) -> tuple[list[T], str | None]:
    """Return one page, by key, of what comes with the program and not from a table, and the token of the next."""
    size = _size_of(request, "page_size", default=default, cap=cap)
    salt = _salt(request.path, {})
    token = request.query_params.get("page_token", "")
    after = str(_load(token, salt, 1)[0]) if token else ""
    left = sorted((row for row in rows if key(row) > after), key=key)
    return left[:size], signing.dumps([key(left[size - 1])], salt=salt) if len(left) > size else None


def page_size(text: str, name: str, *, default: int, cap: int) -> int:
    """Return the size of a page: 0 or nothing is the default, more than the cap is the cap."""
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise Invalid({name: [f"{text!r} is no page size. Send a whole number from 0 (the default) to {cap}."]})
    return min(int(text[:9]), cap) or default


def _size_of(request: Request, name: str, *, default: int, cap: int) -> int:
    sent = request.query_params.getlist(name)
    if len(sent) > 1:
        raise Invalid({name: ["Send it once."]})
    return page_size("".join(sent), name, default=default, cap=cap)


def _salt(path: str, filters: Mapping[str, str]) -> str:
    return "gatepost.page " + path + " " + "&".join(f"{name}={filters[name]}" for name in sorted(filters))


def _load(token: str, salt: str, length: int) -> list[Any]:
    try:
        key = signing.loads(token, salt=salt)
    except signing.BadSignature:
        raise Invalid({"page_token": [_BAD_TOKEN]}) from None
    if not isinstance(key, list) or len(key) != length:
        raise Invalid({"page_token": [_BAD_TOKEN]})
    return key


def _after(rows: QuerySet[M], order: Sequence[str], key: Sequence[Any]) -> QuerySet[M]:
    later = "lt" if order[0].startswith("-") else "gt"
    names = [name.lstrip("-") for name in order]
    condition = Q()
    for position, name in enumerate(names):
        same = dict(zip(names[:position], key[:position], strict=True))
        condition |= Q(**same, **{f"{name}__{later}": key[position]})
    return rows.filter(condition)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str) else value.isoformat() if hasattr(value, "isoformat") else str(value)
