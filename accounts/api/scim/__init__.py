"""RFC 7643, RFC 7644: people, service accounts and groups for provisioning. rest-api.md 4.4."""
