"""The collector of cycles need not walk through what a process loaded at its start."""

import gc

OBJECTS_BETWEEN_LOOKS = 20_000


def settle_memory() -> None:
    """Call it once everything is loaded: a full look then takes a millisecond instead of fifty."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_LOOKS, 20, 20)
