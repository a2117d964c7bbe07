"""The `gatepost` command. It speaks HTTP only and imports no app, so that it runs on any machine. rest-api.md 8."""

__version__ = "0.1.0"
