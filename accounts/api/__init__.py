"""REST API of accounts, and the plumbing that every app's API stands on."""
