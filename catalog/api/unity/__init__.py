"""The compatible catalog API: reads of the copies, and grants. rest-api.md 5."""
