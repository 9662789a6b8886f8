"""The tables, as SQLAlchemy Core knows them. ``migrations`` makes them; a test compares the two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from lockgate.errors import IntegrityError


class UtcTime(TypeDecorator[datetime]):
    """A timezone-aware time as fixed-width UTC text, so that it sorts and reads alike anywhere."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Aware datetime to ``2024-01-01T00:00:00.000000Z``."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """And back, in UTC. Raises IntegrityError for text that is no time with a zone."""
        if value is None:
            return None
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            read = None
        if read is not None and read.tzinfo is not None:
            return read
        raise IntegrityError(
            "the state has a time that is none, or has no time zone",
            hint="the state was changed: restore it from a backup",
        )


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("pipeline", Text, nullable=False),
    Column("identity", String(128), nullable=False, index=True),
    Column("plan_digest", String(128), nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("principal", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False, index=True),
    Column("finished_at", UtcTime),
    Column("rows_read", BigInteger, nullable=False),
    Column("rows_accepted", BigInteger, nullable=False),
    Column("rows_rejected", BigInteger, nullable=False),
    Column("receipt_json", Text, nullable=False),
    Column("locations_json", Text, nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("pipeline", Text, nullable=False),
    Column("contract_id", Text, nullable=False),
    Column("key_number", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("reasons_json", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("replayed_by", String(64)),
)

key_domains = Table(
    "key_domains",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("normaliser", String(32), nullable=False),
)

key_versions = Table(
    "key_versions",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("domain", String(255), ForeignKey("key_domains.name"), nullable=False),
    Column("use", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("service", Text, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("destroy_at", UtcTime),
    UniqueConstraint("domain", "use", "version"),
)

# PostgreSQL's half of this index stands in the migration alone: naming that dialect here would load
# it, with its driver, for every project.
Index(
    "ix_key_versions_one_primary",
    key_versions.c.domain,
    key_versions.c.use,
    unique=True,
    sqlite_where=key_versions.c.state == "primary",
)

key_counter = Table(
    "key_counter",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True),
    Column("last", Integer, nullable=False),
)

subject_salts = Table(
    "subject_salts",
    metadata,
    # Rows are appended in its order; only the two narrow indexes are written at random places.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject_index", LargeBinary),
    Column("handle", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("created_at", UtcTime, nullable=False),
    Column("shredded_at", UtcTime),
    UniqueConstraint("subject_index"),
    UniqueConstraint("handle"),
    CheckConstraint(
        "(shredded_at IS NULL) = (sealed IS NOT NULL)"
        " AND (subject_index IS NULL) = (sealed IS NULL)",
        name="whole",
    ),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("checkpoint", Text, nullable=False),
)

reveal_counts = Table(
    "reveal_counts",
    metadata,
    Column("principal", Text, primary_key=True),
    Column("rule", String(255), primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("revealed", BigInteger, nullable=False),
)

used_tokens = Table(
    "used_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("until", UtcTime, nullable=False, index=True),
)
