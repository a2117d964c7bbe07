"""Logs without secrets (oauth.md 9, O14): every record of every library is cleaned before any handler sees it."""

import logging
import logging.config
from collections.abc import Mapping
from typing import Any

from accounts.secrets import masked

_TRACEBACKS = logging.Formatter()


def configure(settings: dict[str, Any]) -> None:
    """Set logging up (LOGGING_CONFIG). uvicorn and celery bring handlers of their own, so the records are cleaned."""
    logging.setLogRecordFactory(_record)
    logging.config.dictConfig(settings)


def _record(*values: Any, **named: Any) -> logging.LogRecord:
    record = logging.LogRecord(*values, **named)
    record.msg = _clean(record.msg)
    if isinstance(record.args, Mapping):
        record.args = {name: _clean(value) for name, value in record.args.items()}
    elif record.args:
        record.args = tuple(_clean(value) for value in record.args)
    if record.exc_info:  # formatters take the text that is there
        record.exc_text = masked(_TRACEBACKS.formatException(record.exc_info))
    return record


def _clean(value: Any) -> Any:
    """Return the value itself, or its text without secrets when it holds some."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    clean = masked(text)
    return value if clean == text else clean
