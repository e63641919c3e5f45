"""Public ids: short random strings, the same in the API, sockets, pages and commands."""

import secrets

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
LENGTH = 14


def new_id() -> str:
    """Return 14 characters without look-alikes (70 bits)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
