"""Attacks on sessions and service accounts of the built-in issuer."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from local_desk import GOOD, Desk
from lockgate.access.identity_ports import ServiceKey
from lockgate.adapters.identity_providers.local.refresh import RefreshSecrets
from lockgate.adapters.identity_providers.tokens.sign import key_id, sign_assertion
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.assemble import local_identities
from lockgate.assemble.local_services import log_in_by_assertion, make_assertion
from lockgate.assemble.service_keys import make_key_file
from lockgate.errors import AuthenticationFailed, UsageError
from lockgate.secret import SecretBytes, SecretText

CLINIC = "lockgate:clinic"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_state("sqlite", tmp_path / "home") as state:
        made = Desk(tmp_path / "home", state)
        made.accounts.add_user("ada", SecretText(GOOD), "test")
        made.accounts.add_service("nightly", "test", key=tmp_path / "nightly.key")
        yield made


def service_tokens(desk: Desk, folder: Path, name: str = "nightly"):
    return local_identities.log_in_service(desk.project, desk.record, name, folder / "nightly.key")


def refused(desk: Desk, assertion: SecretText) -> str:
    with pytest.raises(AuthenticationFailed) as caught:
        log_in_by_assertion(desk.project, desk.record, assertion)
    shown = f"{caught.value!r} {caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert not assertion.reveal() or assertion.reveal() not in shown
    return shown


class TestSessions:
    def test_a_token_of_an_ended_session(self, desk: Desk) -> None:
        tokens = desk.log_in()
        assert desk.stands(tokens)
        assert tokens.refresh is not None
        assert local_identities.log_out(desk.project, desk.record, tokens.refresh)

        assert not desk.stands(tokens)
        with pytest.raises(AuthenticationFailed):
            desk.renew(tokens)
        assert not local_identities.log_out(desk.project, desk.record, tokens.refresh)

    def test_a_token_of_a_disabled_account(self, desk: Desk) -> None:
        tokens = desk.log_in()
        desk.accounts.disable("user:ada", "test")
        assert not desk.stands(tokens)
        desk.accounts.enable("user:ada", "test")
        assert not desk.stands(tokens), "its session ended with the account"

    def test_an_account_disabled_in_the_database_alone(self, desk: Desk) -> None:
        tokens = desk.log_in()
        desk.store.put_user(replace(desk.store.user("ada"), disabled_at=desk.clock))

        assert not desk.stands(tokens)
        with pytest.raises(AuthenticationFailed):
            desk.renew(tokens)

    def test_a_token_whose_session_is_another_persons(self, desk: Desk) -> None:
        desk.accounts.add_user("bob", SecretText(GOOD), "test")
        tokens, bobs = desk.log_in(), desk.log_in("bob")
        desk.issuer().sessions.ended(desk.store.session(tokens.session), desk.clock, 0)
        mixed = desk.issuer().tokens(
            replace(desk.store.session(bobs.session), principal="user:ada"), ("pwd",), None
        )

        assert not desk.stands(mixed)

    def test_a_token_lives_its_minutes_and_a_session_its_hours(self, desk: Desk) -> None:
        tokens = desk.log_in()
        desk.after(minutes=15, seconds=120)
        assert not desk.stands(tokens)
        renewed = desk.renew(tokens)
        assert desk.stands(renewed)
        desk.after(hours=12)
        with pytest.raises(AuthenticationFailed):
            desk.renew(renewed)

    def test_the_last_token_ends_with_its_session(self, desk: Desk) -> None:
        tokens = desk.log_in()
        desk.after(hours=11, minutes=59)
        assert desk.renew(tokens).expires_at == tokens.session_expires_at

    def test_a_renewal_secret_used_twice_ends_the_session(self, desk: Desk) -> None:
        tokens = desk.log_in()
        renewed = desk.renew(tokens)
        with pytest.raises(AuthenticationFailed):
            desk.renew(tokens)

        assert not desk.stands(renewed)
        with pytest.raises(AuthenticationFailed):
            desk.renew(renewed)
        assert [event.reason for event in desk.told("session.ended")] == ["renewal-reused"]

    def test_a_made_up_renewal_secret_ends_nothing(self, desk: Desk) -> None:
        tokens = desk.log_in()
        forged, _ = RefreshSecrets(SecretBytes(bytes(32))).make(tokens.session, 0)
        assert tokens.refresh is not None
        text = tokens.refresh.reveal()
        for guess in (forged.reveal(), text[:-1] + "0", text + "0", text.upper(), "", "x" * 10**6):
            if guess != text:
                with pytest.raises(AuthenticationFailed):
                    local_identities.renew(desk.project, desk.record, SecretText(guess))

        assert desk.stands(tokens)
        assert desk.renew(tokens).session == tokens.session

    def test_a_new_password_ends_sessions(self, desk: Desk) -> None:
        tokens = desk.log_in()
        local_identities.change_password(
            desk.project,
            desk.record,
            "ada",
            SecretText(GOOD),
            SecretText("quiet river stone"),
            limits=desk.limits,
        )
        assert not desk.stands(tokens)
        assert desk.log_in(password="quiet river stone").principal == "user:ada"
        desk.fails(password=GOOD)

    def test_guessing_the_old_password_locks_too(self, desk: Desk) -> None:
        for _ in range(5):
            with pytest.raises(AuthenticationFailed):
                local_identities.change_password(
                    desk.project,
                    desk.record,
                    "ada",
                    SecretText("tall green lamb"),
                    SecretText("quiet river stone"),
                    limits=desk.limits,
                )
        desk.fails(password=GOOD)

    def test_a_rotated_key_verifies_until_its_tokens_end(self, desk: Desk) -> None:
        old = desk.log_in()
        desk.accounts.rotate_issuer_key("test")
        new = desk.log_in()
        assert desk.stands(old)
        assert desk.stands(new)
        desk.after(minutes=15, seconds=301)
        session = replace(desk.store.session(old.session), id=old.session)
        assert session.lives(desk.clock)
        assert not desk.stands(old)
        assert "issuer.previous" in {path.name for path in desk.record.home.iterdir()}


class TestServiceAccounts:
    def test_an_assertion_replayed(self, desk: Desk, tmp_path: Path) -> None:
        assertion = make_assertion(desk.project, desk.record, "nightly", tmp_path / "nightly.key")
        first = log_in_by_assertion(desk.project, desk.record, assertion)
        assert desk.stands(first)

        refused(desk, assertion)

    def test_an_assertion_for_another_project(self, desk: Desk, tmp_path: Path) -> None:
        other = type("Other", (), {"name": "hospital", "access": desk.project.access})()
        assertion = make_assertion(other, desk.record, "nightly", tmp_path / "nightly.key")

        refused(desk, assertion)

    def test_one_answer_for_every_reason(self, desk: Desk, tmp_path: Path) -> None:
        desk.accounts.add_service("hourly", "test", key=tmp_path / "hourly.key")
        make_key_file(tmp_path / "nobodys.key")
        told = {
            refused(desk, made)
            for made in (
                make_assertion(desk.project, desk.record, "nightly", tmp_path / "hourly.key"),
                make_assertion(desk.project, desk.record, "nightly", tmp_path / "nobodys.key"),
                make_assertion(desk.project, desk.record, "weekly", tmp_path / "nightly.key"),
                SecretText("no.assertion.here"),
                SecretText(""),
            )
        }
        desk.accounts.disable("service:nightly", "test")
        told.add(
            refused(
                desk,
                make_assertion(desk.project, desk.record, "nightly", tmp_path / "nightly.key"),
            )
        )
        assert len(told) == 1

    def test_a_users_name_on_a_services_assertion(self, desk: Desk, tmp_path: Path) -> None:
        key = local_key(tmp_path / "nightly.key")
        for account in ("user:ada", "nightly", "service:", "service:user:ada"):
            refused(desk, assertion_of(desk, key, account))

    def test_an_access_token_shown_as_an_assertion(self, desk: Desk, tmp_path: Path) -> None:
        refused(desk, service_tokens(desk, tmp_path).access)
        refused(desk, desk.log_in().access)

    def test_an_assertion_shown_as_a_token(self, desk: Desk, tmp_path: Path) -> None:
        assertion = make_assertion(desk.project, desk.record, "nightly", tmp_path / "nightly.key")
        with pytest.raises(AuthenticationFailed):
            desk.verifier.verify(assertion, desk.clock)

    def test_a_revoked_and_an_expired_key(self, desk: Desk, tmp_path: Path) -> None:
        tokens = service_tokens(desk, tmp_path)
        kid = desk.store.service_keys("nightly")[0].kid
        desk.accounts.revoke_key("nightly", kid, "test")
        assert not desk.stands(tokens), "its sessions ended"
        with pytest.raises(AuthenticationFailed):
            service_tokens(desk, tmp_path)

        (tmp_path / "nightly.key").unlink()
        desk.accounts.add_key("nightly", "test", key=tmp_path / "nightly.key", days=1)
        service_tokens(desk, tmp_path)
        desk.after(days=1)
        with pytest.raises(AuthenticationFailed):
            service_tokens(desk, tmp_path)

    def test_a_key_written_into_the_database_by_hand(self, desk: Desk, tmp_path: Path) -> None:
        """Whoever can write the state but not read access.key cannot add a key, or extend one."""
        public = make_key_file(tmp_path / "planted.key")
        soon = desk.clock + timedelta(days=1)
        desk.store.add_service_key(
            ServiceKey(key_id(public), "nightly", public, desk.clock, soon, secrets.token_bytes(32))
        )
        own = desk.store.service_keys("nightly")[0]
        desk.accounts.add_service("admin-bot", "test", key=tmp_path / "bot.key")
        moved = replace(own, kid="moved", service="admin-bot", public_key=public)
        desk.store.add_service_key(moved)
        for name in ("nightly", "admin-bot"):
            with pytest.raises(AuthenticationFailed):
                local_identities.log_in_service(
                    desk.project, desk.record, name, tmp_path / "planted.key"
                )
        assert desk.stands(service_tokens(desk, tmp_path))

    def test_a_key_file_that_others_can_read(self, desk: Desk, tmp_path: Path) -> None:
        (tmp_path / "nightly.key").chmod(0o640)
        with pytest.raises(Exception, match="reached by other users"):
            service_tokens(desk, tmp_path)

    def test_a_refused_account_leaves_no_key_behind(self, desk: Desk, tmp_path: Path) -> None:
        with pytest.raises(UsageError):
            desk.accounts.add_service("nightly", "test", key=tmp_path / "second.key")
        assert not (tmp_path / "second.key").exists()
        assert (tmp_path / "nightly.key").stat().st_mode & 0o777 == 0o600


def local_key(path: Path) -> SecretBytes:
    from lockgate.assemble.service_keys import read_key_file

    return read_key_file(path)


def assertion_of(desk: Desk, key: SecretBytes, account: str) -> SecretText:
    return sign_assertion(
        key,
        account=account,
        audience=CLINIC,
        issued_at=desk.clock,
        lifetime=timedelta(seconds=60),
        token_id=secrets.token_hex(16),
    )
