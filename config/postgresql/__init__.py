"""A database backend of Django."""
