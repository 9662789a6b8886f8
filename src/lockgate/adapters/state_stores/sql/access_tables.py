"""The tables of who may, beside those of ``tables``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from lockgate.adapters.state_stores.sql.tables import UtcTime, metadata


def _sealed_rows(name: str, *columns: Column[Any]) -> Table:
    """A table of rows that are compared with the ledger: by id, each with its entry and seal."""
    return Table(
        name,
        metadata,
        Column("id", String(64), primary_key=True),
        *columns,
        Column("entry", BigInteger, nullable=False),
        Column("seal", LargeBinary, nullable=False),
    )


access_grants = _sealed_rows(
    "access_grants",
    Column("to", Text, nullable=False, index=True),
    Column("role", String(64), nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("revoked_by", Text, nullable=False),
)

access_approvals = _sealed_rows(
    "access_approvals",
    Column("digest", String(64), nullable=False, index=True),
    Column("action", String(64), nullable=False),
    Column("resource", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=False),
    Column("requester_session", Text, nullable=False),
    Column("policy", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("approver", Text, nullable=False),
    Column("approver_session", Text, nullable=False),
    Column("decided_at", UtcTime),
    Column("used_at", UtcTime),
)

access_break_glass = _sealed_rows(
    "access_break_glass",
    Column("principal", Text, nullable=False, index=True),
    Column("role", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    Column("closed_by", Text, nullable=False),
    Column("reviewed_at", UtcTime),
    Column("reviewed_by", Text, nullable=False),
)

access_policies = _sealed_rows(
    "access_policies",
    Column("number", Integer, nullable=False, unique=True),
    Column("document", Text, nullable=False),
    Column("approved_by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

access_environment = _sealed_rows(
    "access_environment",
    Column("environment", String(64), nullable=False),
    Column("leaving_for", String(64), nullable=False),
    Column("until", UtcTime),
    Column("by", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

access_latest = Table(
    "access_latest",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)
