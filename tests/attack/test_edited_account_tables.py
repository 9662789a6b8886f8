"""Attacks by whoever can write the state's database, and cannot read ``access.key``."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_desk import GOOD, Desk
from lockgate.adapters.state_stores.sql.store import DATABASE_NAME, open_state
from lockgate.assemble import local_identities
from lockgate.assemble.local_issuer import LocalTokens
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText

FAR = "2046-01-01T00:00:00.000000Z"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_state("sqlite", tmp_path / "home") as state:
        made = Desk(tmp_path / "home", state)
        for name in ("ada", "root"):
            made.accounts.add_user(name, SecretText(GOOD), "test")
        made.accounts.add_service("nightly", "test", key=tmp_path / "nightly.key")
        yield made


def write(desk: Desk, statement: str, *values: Any) -> None:
    """By hand, past everything that the project does."""
    with sqlite3.connect(desk.record.home / DATABASE_NAME) as database:
        assert database.execute(statement, values).rowcount > 0
    database.close()


def rows(desk: Desk, table: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(desk.record.home / DATABASE_NAME) as database:
        found = database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
    database.close()
    return found


def put_back(desk: Desk, table: str, kept: list[tuple[Any, ...]]) -> None:
    """A table as it was when it was copied: every row of it is genuine."""
    with sqlite3.connect(desk.record.home / DATABASE_NAME) as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(f"DELETE FROM {table}")
        database.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(kept[0]))})", kept)
    database.close()


def renewal_is_refused(desk: Desk, tokens: LocalTokens) -> None:
    with pytest.raises(AuthenticationFailed):
        desk.renew(tokens)


def last_refusal(desk: Desk) -> str:
    return str(desk.told("authentication.failed")[-1].reason)


class TestSessions:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("principal", "user:root"),
            ("expires_at", FAR),
            ("started_at", "2026-03-01T11:00:00.000000Z"),
            ("generation", 7),
            ("refresh", b"x" * 32),
            ("entry", 99),
            ("seal", b""),
            ("seal", b"x" * 32),
        ],
    )
    def test_a_row_edited_opens_nothing(self, desk: Desk, column: str, value: Any) -> None:
        tokens = desk.log_in()
        write(desk, f"UPDATE sessions SET {column} = ?", value)

        renewal_is_refused(desk, tokens)
        assert last_refusal(desk) == "row-forged"
        assert not desk.stands(tokens)
        assert not local_identities.end_session(
            desk.project, desk.record, desk.verify_signature(tokens)
        )

    def test_an_ended_session_called_alive(self, desk: Desk) -> None:
        tokens = desk.log_in()
        assert tokens.refresh is not None
        local_identities.log_out(desk.project, desk.record, tokens.refresh)
        write(desk, "UPDATE sessions SET ended_at = NULL")

        assert not desk.stands(tokens)
        renewal_is_refused(desk, tokens)

    def test_somebody_elses_row_under_ones_own_id(self, desk: Desk) -> None:
        mine, roots = desk.log_in(), desk.log_in("root")
        write(desk, "DELETE FROM sessions WHERE id = ?", mine.session)
        write(desk, "UPDATE sessions SET id = ? WHERE id = ?", mine.session, roots.session)

        renewal_is_refused(desk, mine)

    def test_a_forged_row_does_not_keep_an_account_from_being_disabled(self, desk: Desk) -> None:
        forged, other = desk.log_in(), desk.log_in()
        write(desk, "UPDATE sessions SET expires_at = ? WHERE id = ?", FAR, forged.session)

        assert desk.accounts.disable("user:ada", "test") == 1
        assert not desk.stands(other)


class TestRenewals:
    def test_each_is_told(self, desk: Desk) -> None:
        tokens = desk.log_in()
        desk.renew(tokens)

        told = desk.told("authentication.succeeded")[-1]
        assert (told.principal, told.reason, told.session) == (
            "user:ada",
            "renewed",
            tokens.session,
        )
