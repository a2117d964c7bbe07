"""What can go wrong with the embedded PostgreSQL."""


class ClusterError(Exception):
    """What went wrong, and what to do."""


class RootError(ClusterError):
    """Root, without user namespaces, and the files are out of reach for any other uid."""
