"""Django's PostgreSQL backend, which sees that a server is gone without asking it at each request."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """The connection of one thread."""

    def is_usable(self) -> bool:
        """Tell whether the connection lives: a server that ends closes it, and says nothing else while it is idle."""
        if self.connection is None or self.connection.closed:
            return False
        sockets = select.poll()
        sockets.register(self.connection.fileno(), select.POLLIN)
        return not sockets.poll(0)
