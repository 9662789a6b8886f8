"""What verifying tokens needs from the network: one document, by its address."""

from __future__ import annotations

from typing import Protocol


class HttpGet(Protocol):
    """Fetches a discovery document or a key set. Any thread may call it."""

    def __call__(self, url: str) -> bytes:
        """The body of a 200 answer, bounded in size and in time.

        Follows no redirect, takes no proxy or credentials from the environment, and verifies TLS.
        Raises EnvironmentFailed for everything else, without a word of the answer.
        """
        ...
