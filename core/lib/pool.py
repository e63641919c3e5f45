"""The pool's few connections are for those who work, not for those who wait."""

from django.db import close_old_connections, connection


def release_connection() -> None:
    """Give this thread's connection back before a long wait; within a transaction it stays."""
    if not connection.in_atomic_block:
        close_old_connections()
