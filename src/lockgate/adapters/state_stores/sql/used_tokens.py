"""What may be used once, in SQL: the first to insert its row was the first to use it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, bindparam, delete, text

from lockgate.access.used_token import FORGOTTEN_AFTER, digest_of
from lockgate.adapters.state_stores.sql.connections import Connections
from lockgate.adapters.state_stores.sql.tables import UtcTime, used_tokens

# SQLite and PostgreSQL both take it; the latter waits for another's transaction to end.
_ADD = text(
    "INSERT INTO used_tokens (digest, until) VALUES (:digest, :until)"
    " ON CONFLICT (digest) DO NOTHING"
).bindparams(bindparam("digest", type_=String), bindparam("until", type_=UtcTime))


class SqlUsedTokens:
    """``UsedTokens`` over the table ``used_tokens``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def use(self, issuer: str, token_id: str, until: datetime, at: datetime) -> bool:
        """Whether this is the first use; it is remembered, and what is long over forgotten."""
        row = {"digest": digest_of(issuer, token_id), "until": until}
        with self._connections.writing() as connection:
            first = connection.execute(_ADD, row).rowcount == 1
            gone = used_tokens.c.until < at - FORGOTTEN_AFTER
            connection.execute(delete(used_tokens).where(gone))
        return first
