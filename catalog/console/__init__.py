"""Console pages of catalogs."""
