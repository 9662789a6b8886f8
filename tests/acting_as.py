"""A principal that acts without a log-in, as only a test can have it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lockgate.access.current import Acting, acting_by, counted_open
from lockgate.access.principal import Principal


@contextmanager
def act_as(principal: Principal) -> Iterator[None]:
    """Let a principal act inside the block, and nobody after it."""
    acts = Acting(principal)
    try:
        with acting_by(acts), counted_open(acts):
            yield
    finally:
        acts.end()
