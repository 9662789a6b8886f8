"""Renewing a log-in: seldom when it fails, and never inside a transaction of the state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import keyring
import pytest
from keyring.backends import fail

from identity_provider.acting import Actor
from identity_provider.answering import Provider
from identity_provider.projects import told, trusting_project
from key_servers.http_server import CUT, Answer
from lockgate.adapters.identity_providers.kept_sessions import KeptSession
from lockgate.assemble.kept_log_ins import kept_sessions
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    InternalError,
    LockgateError,
)
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText
from token_cases import ACCESS as CLAIMS
from token_cases import AUDIENCE, HEADER, signed

PASSWORD = "a long enough password of a person 47"
COOLDOWN = DEFAULT_LIMITS.renewal_cooldown_seconds
LOADERS = """    loaders:
      kind: services
      issuer: {issuer}
      audience: https://loaders.example
      client_id: loader
      client_secret: secret://env/LOADER_SECRET
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as started:
        yield started


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)


@pytest.fixture
def corp(provider: Provider, tmp_path: Path) -> Iterator[Actor]:
    """Anna is logged in at the provider; more than half of her token's time is over."""
    more = LOADERS.format(issuer=provider.address)
    folder = trusting_project(tmp_path / "project", provider.address, more, AUDIENCE)
    with Workspace.open(folder) as workspace:
        actor = Actor(workspace)
        now = actor.clock()
        given = {"iss": provider.address, "client_id": "lockgate", "sub": "anna"}
        at = int(now.timestamp())
        times = {"iat": at - 200, "auth_time": at - 200, "exp": at + 100}
        token = SecretText(signed(HEADER, CLAIMS | given | times))
        kept_sessions(workspace.project).keep(
            KeptSession(
                "corp",
                "corp/anna",
                "a-session",
                now + timedelta(hours=9),
                token,
                now - timedelta(seconds=200),
                now + timedelta(seconds=100),
                SecretText("a-refresh-token"),
            )
        )
        yield actor


@pytest.mark.parametrize("answer", [CUT, Answer(503), Answer(200, b"nonsense")])
def test_a_provider_that_cannot_renew_is_asked_once_a_cooldown(
    corp: Actor, provider: Provider, answer: Answer
) -> None:
    provider.token = answer
    for _ in range(5):
        assert corp.who().id == "corp/anna", "its token stands to its end"
    first = provider.asked_for_tokens()
    assert first >= 1

    corp.clock.ahead = COOLDOWN - 10
    assert corp.who().id == "corp/anna"
    assert provider.asked_for_tokens() == first

    corp.clock.ahead = COOLDOWN + 10
    assert corp.who().id == "corp/anna"
    assert provider.asked_for_tokens() == 2 * first


def test_after_its_end_it_is_refused_at_once_and_alike(corp: Actor, provider: Provider) -> None:
    corp.clock.ahead = 200
    words = {corp.fails() for _ in range(5)}

    assert len(words) == 1
    assert "does not answer" in words.pop()
    assert provider.asked_for_tokens() == 1
    failed = [one for one in told(corp.project.folder) if one["kind"] == "authentication.failed"]
    assert len(failed) == 1


def test_a_provider_that_refuses_is_asked_once_a_cooldown(corp: Actor, provider: Provider) -> None:
    provider.token = Answer.of({"error": "invalid_grant"}, 400)
    words = {corp.fails() for _ in range(5)}

    assert len(words) == 1
    assert "invalid_grant" in words.pop()
    assert provider.asked_for_tokens() == 1
    failed = [one for one in told(corp.project.folder) if one["kind"] == "authentication.failed"]
    assert len(failed) == 1


def test_a_clock_that_goes_back_ends_the_cooldown(corp: Actor, provider: Provider) -> None:
    corp.who()
    corp.clock.ahead = -20
    corp.who()
    assert provider.asked_for_tokens() == 2


def test_a_service_that_cannot_log_in_does_not_try_at_every_decision(
    corp: Actor, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKGATE_PROVIDER", "loaders")
    monkeypatch.setenv("LOADER_SECRET", "a-made-up-secret")

    assert len({corp.fails() for _ in range(5)}) == 1
    assert provider.asked_for_tokens() == 1


def test_an_error_of_a_cooldown_holds_no_frame_of_the_first(corp: Actor) -> None:
    """The frames of a renewal hold the refresh token."""
    corp.clock.ahead = 200
    corp.fails()
    with pytest.raises(LockgateError) as caught:
        corp.who()

    frames = [entry.name for entry in caught.traceback]
    assert "refreshed" not in frames
    assert caught.value.__context__ is None


def test_nobody_is_asked_while_a_transaction_is_open(corp: Actor, provider: Provider) -> None:
    corp.clock.ahead = -100  # no renewal is due
    before = corp.who()
    corp.clock.ahead = 0
    asked = len(provider.asked)

    assert corp.inside() == before
    assert len(provider.asked) == asked


def test_a_renewal_inside_a_transaction_is_refused(corp: Actor, provider: Provider) -> None:
    with pytest.raises(InternalError, match="a renewal inside a transaction"):
        corp.inside()
    assert provider.asked_for_tokens() == 0
