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
from lockgate.assemble.local_guessing import check_password_of, settle
from lockgate.assemble.local_issuer import LocalTokens
from lockgate.assemble.local_services import log_in_by_assertion, make_assertion
from lockgate.errors import AuthenticationFailed, IntegrityError
from lockgate.ledger import merkle
from lockgate.ledger.access_events import SessionEnded
from lockgate.run.access_history import AccessHistory
from lockgate.run.account_history import account_differences
from lockgate.secret import SecretText

NEW = "another long lamp green"
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

    def test_a_session_put_back_as_it_was_before_it_ended(self, desk: Desk) -> None:
        tokens = desk.log_in()
        before = rows(desk, "sessions")
        desk.accounts.end_sessions("user:ada", "test")
        put_back(desk, "sessions", before)

        renewal_is_refused(desk, tokens)
        assert last_refusal(desk) == "row-forged"

    def test_a_session_put_back_as_it_was_before_it_was_renewed(self, desk: Desk) -> None:
        tokens = desk.log_in()
        before = rows(desk, "sessions")
        desk.renew(tokens)
        put_back(desk, "sessions", before)

        renewal_is_refused(desk, tokens)

    def test_a_session_hidden_while_its_account_gets_another_password(self, desk: Desk) -> None:
        tokens = desk.log_in()
        before = rows(desk, "sessions")
        write(desk, "DELETE FROM sessions")
        desk.accounts.set_password("ada", SecretText(NEW), "stolen")
        put_back(desk, "sessions", before)

        renewal_is_refused(desk, tokens)

    def test_blocks_of_code_of_a_session_do_not_end_it(self, desk: Desk) -> None:
        tokens = desk.log_in()
        told = desk.issuer().told("user:ada", "block-left", tokens.session)
        desk.record.append(SessionEnded(**told))

        assert desk.stands(desk.renew(tokens))


class TestUsers:
    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("password", "$argon2id$v=19$m=8,t=1,p=1$YWFhYWFhYWFhYWFhYWFhYQ$" + "a" * 43),
            ("created_at", FAR),
            ("password_changed_at", FAR),
            ("disabled_at", FAR),
            ("entry", 10**6),
            ("seal", b""),
            ("seal", b"x" * 32),
        ],
    )
    def test_a_row_edited_opens_nothing(self, desk: Desk, column: str, value: Any) -> None:
        tokens = desk.log_in()
        write(desk, f"UPDATE users SET {column} = ? WHERE name = 'ada'", value)

        desk.fails(password=GOOD)
        assert last_refusal(desk) == "row-forged"
        assert not desk.stands(tokens)
        renewal_is_refused(desk, tokens)

    def test_a_disabled_account_enabled(self, desk: Desk) -> None:
        desk.accounts.disable("user:ada", "left")
        write(desk, "UPDATE users SET disabled_at = NULL")

        desk.fails(password=GOOD)

    def test_a_row_put_back_as_it_was_before_its_account_was_disabled(self, desk: Desk) -> None:
        tokens = desk.log_in()
        before, sessions = rows(desk, "users"), rows(desk, "sessions")
        desk.accounts.disable("user:ada", "left")
        put_back(desk, "users", before)
        put_back(desk, "sessions", sessions)

        desk.fails(password=GOOD)
        assert last_refusal(desk) == "row-forged"
        renewal_is_refused(desk, tokens)

    def test_an_old_password_put_back(self, desk: Desk) -> None:
        before = rows(desk, "users")
        desk.accounts.set_password("ada", SecretText(NEW), "stolen")
        put_back(desk, "users", before)

        desk.fails(password=GOOD)
        desk.fails(password=NEW)
        with pytest.raises(IntegrityError):
            desk.accounts.unlock("user:ada".removeprefix("user:"), "test")
        desk.fails(password=GOOD)

    def test_an_old_password_put_back_does_not_change_the_password(self, desk: Desk) -> None:
        before = rows(desk, "users")
        desk.accounts.set_password("ada", SecretText(NEW), "stolen")
        put_back(desk, "users", before)

        with pytest.raises(AuthenticationFailed):
            local_identities.change_password(
                desk.project,
                desk.record,
                "ada",
                SecretText(GOOD),
                SecretText("quiet river stone"),
                limits=desk.limits,
            )
        desk.fails(password="quiet river stone")

    def test_the_row_of_another_log_in_put_back(self, desk: Desk) -> None:
        """Its entry is older, so that nothing between the two could be told of."""
        before = rows(desk, "users")
        desk.log_in()
        put_back(desk, "users", before)

        desk.fails(password=GOOD)

    def test_who_logs_in_twice_at_once_is_let_in_twice(self, desk: Desk) -> None:
        first = check_password_of(desk.issuer(), "ada", SecretText(GOOD))
        desk.log_in()

        with desk.record.state.transaction():
            assert settle(desk.issuer(), first) is None


class TestServiceKeys:
    def log_in(self, desk: Desk) -> LocalTokens:
        key = desk.record.home.parent / "nightly.key"
        return local_identities.log_in_service(desk.project, desk.record, "nightly", key)

    def refused(self, desk: Desk) -> None:
        with pytest.raises(AuthenticationFailed):
            self.log_in(desk)

    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [
            ("service_keys", "revoked_at", FAR),
            ("service_keys", "expires_at", FAR),
            ("service_keys", "public_key", b"x" * 32),
            ("service_keys", "seal", b""),
            ("services", "keys", b"x" * 32),
            ("services", "disabled_at", FAR),
            ("services", "seal", b""),
        ],
    )
    def test_a_row_edited_opens_nothing(
        self, desk: Desk, table: str, column: str, value: Any
    ) -> None:
        self.log_in(desk)
        write(desk, f"UPDATE {table} SET {column} = ?", value)

        self.refused(desk)

    def test_a_revoked_key_taken_back(self, desk: Desk) -> None:
        self.log_in(desk)
        kid = desk.store.service_keys("nightly")[0].kid
        keys, services = rows(desk, "service_keys"), rows(desk, "services")
        desk.accounts.revoke_key("nightly", kid, "stolen")
        self.refused(desk)
        write(desk, "UPDATE service_keys SET revoked_at = NULL")
        self.refused(desk)
        put_back(desk, "service_keys", keys)
        self.refused(desk)
        with pytest.raises(IntegrityError):
            desk.accounts.add_key("nightly", "test", key=bytes(range(32)))
        put_back(desk, "services", services)
        self.refused(desk)
        with pytest.raises(IntegrityError):
            desk.accounts.enable("service:nightly", "test")
        self.refused(desk)

    def test_a_used_assertion_that_the_state_forgot(self, desk: Desk) -> None:
        key = desk.record.home.parent / "nightly.key"
        told = [SessionEnded(**desk.issuer().told("user:ada", "block-left"))] * 300
        desk.record.append(*told)
        desk.after(minutes=30)
        assertion = make_assertion(desk.project, desk.record, "nightly", key)
        log_in_by_assertion(desk.project, desk.record, assertion)
        told = [SessionEnded(**desk.issuer().told("user:ada", "block-left"))] * 300
        desk.record.append(*told)  # more than are passed by the first step back
        self.log_in(desk)
        write(desk, "DELETE FROM used_tokens")
        write(desk, "DELETE FROM sessions")

        with pytest.raises(AuthenticationFailed):
            log_in_by_assertion(desk.project, desk.record, assertion)
        assert self.log_in(desk).principal == "service:nightly"

    def test_a_key_that_was_removed(self, desk: Desk) -> None:
        kid = desk.accounts.add_key("nightly", "test", key=bytes(range(32))).kid
        write(desk, "DELETE FROM service_keys WHERE kid = ?", kid)

        self.refused(desk)


class TestAnOlderState:
    """Rows from before there were seals are sealed once, and no row passes for one of them."""

    def old(self, desk: Desk) -> None:
        """As an earlier version left it: no seals, and a ledger that tells of none."""
        for table in ("users", "services"):
            write(desk, f"UPDATE {table} SET seal = x'', entry = 0")
        write(
            desk,
            "UPDATE ledger_entries SET leaf ="
            " CAST(replace(CAST(leaf AS TEXT), ',\"sealed\":true', '') AS BLOB)",
        )
        with sqlite3.connect(desk.record.home / DATABASE_NAME) as database:
            for index, leaf in database.execute('SELECT "index", leaf FROM ledger_entries'):
                hashed = merkle.leaf_hash(leaf)
                database.execute(
                    'UPDATE ledger_entries SET hash = ? WHERE "index" = ?', (hashed, index)
                )
        database.close()

    def test_is_sealed_once(self, desk: Desk) -> None:
        self.old(desk)
        assert desk.log_in().principal == "user:ada"
        sealed = [event.account for event in desk.told("account.changed") if event.sealed]
        assert sealed == ["user:ada", "user:root", "service:nightly"]

        write(desk, "UPDATE users SET seal = x'', entry = 0")
        desk.fails(password=GOOD)
        desk.fails("root", GOOD)

    def test_a_seal_taken_away_makes_nothing_old(self, desk: Desk) -> None:
        before = rows(desk, "users")
        desk.accounts.set_password("ada", SecretText(NEW), "stolen")
        put_back(desk, "users", before)
        write(desk, "UPDATE users SET seal = x'', entry = 0")

        desk.fails(password=GOOD)

    def test_an_account_that_the_ledger_does_not_know_is_not_sealed(self, desk: Desk) -> None:
        self.old(desk)
        write(desk, "UPDATE users SET name = 'eve' WHERE name = 'root'")
        desk.log_in()

        desk.fails("eve", GOOD)
        assert desk.store.user("eve").seal == b""


class TestVerifying:
    """``access verify`` and ``doctor`` say what was written by hand."""

    def differences(self, desk: Desk) -> list[str]:
        record, issuer = desk.record, desk.issuer()
        history = AccessHistory.read(record.ledger.read()).accounts
        store = record.state.identities
        return list(account_differences(store, issuer.accounts, issuer.sessions, history))

    def test_nothing_is_said_where_nobody_did_anything(self, desk: Desk) -> None:
        tokens = desk.renew(desk.log_in())
        desk.log_in("root")
        desk.accounts.unlock("ada", "test")
        desk.accounts.disable("user:root", "test")
        desk.accounts.add_key("nightly", "test", key=bytes(range(32)))
        kid = desk.store.service_keys("nightly")[0].kid
        desk.accounts.revoke_key("nightly", kid, "test")
        assert self.differences(desk) == []
        assert tokens.refresh is not None
        local_identities.log_out(desk.project, desk.record, tokens.refresh)
        assert self.differences(desk) == []

    def test_rows_edited_and_removed(self, desk: Desk) -> None:
        tokens = desk.log_in()
        write(desk, "UPDATE sessions SET expires_at = ?", FAR)
        write(desk, "UPDATE users SET password_changed_at = ? WHERE name = 'ada'", FAR)
        write(desk, "DELETE FROM users WHERE name = 'root'")
        write(desk, "UPDATE service_keys SET revoked_at = ?", FAR)

        assert self.differences(desk) == [
            "account user:ada was not written by this project",
            "keys of service:nightly are not those that this project wrote",
            "account user:root is missing",
            f"session {tokens.session} was not written by this project",
        ]

    def test_rows_put_back(self, desk: Desk) -> None:
        tokens = desk.log_in()
        before = {table: rows(desk, table) for table in ("sessions", "services", "users")}
        desk.accounts.set_password("ada", SecretText(NEW), "stolen")
        desk.accounts.disable("service:nightly", "stolen")
        for table, kept in before.items():
            put_back(desk, table, kept)

        assert self.differences(desk) == [
            "account user:ada is not what the ledger says became of it",
            "account service:nightly is not what the ledger says became of it",
            f"session {tokens.session} is not what the ledger says became of it",
        ]


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
