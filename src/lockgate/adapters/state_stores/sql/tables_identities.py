"""The tables of the built-in issuer: accounts, keys, sessions, and who guesses."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from lockgate.adapters.state_stores.sql.tables import UtcTime, metadata

users = Table(
    "users",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("password", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("password_changed_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("entry", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

services = Table(
    "services",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
    Column("keys", LargeBinary, nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

service_keys = Table(
    "service_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("service", String(64), ForeignKey("services.name"), nullable=False, index=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Column("revoked_at", UtcTime),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("principal", Text, nullable=False, index=True),
    Column("started_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("refresh", LargeBinary, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("ended_at", UtcTime),
    Column("entry", BigInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

guesses = Table(
    "guesses",
    metadata,
    Column("subject", String(255), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", UtcTime),
    Column("since", UtcTime),
    Column("untold", Integer, nullable=False),
    Column("told_at", UtcTime),
)
