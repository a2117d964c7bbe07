"""REST API of catalogs."""
