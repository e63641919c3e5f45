"""Public ids: short random strings, the same in the API, sockets, pages and commands."""

import secrets

ALPHABET = "23456789abcdefghijkmnpqrstuvwxyz"
LENGTH = 14
BITS = 5


def new_id() -> str:
    """Return 14 characters without look-alikes: 70 bits, drawn at once."""
    number = secrets.randbits(LENGTH * BITS)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(0, LENGTH * BITS, BITS))
