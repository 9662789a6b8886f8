"""Laws of references and of the resolver, whatever happens in whatever order."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from lockgate.errors import ConfigurationError, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secrets.literal import harmless, named_secret, secrets_in
from lockgate.secrets.reference import SecretReference
from lockgate.secrets.resolver import Secrets
from lockgate.testing.secret_stores import MemorySecretStore

START = datetime(2026, 1, 1, tzinfo=UTC)
REF = SecretReference("vault", "app/warehouse")
SIGNS = st.text(st.sampled_from("aZ0._-/#:@ \n%?&=+~ä\0"), max_size=40)


@given(SIGNS | st.text(max_size=80), st.booleans())
def test_a_reference_is_written_as_it_was_read_or_refused(text: str, scheme: bool) -> None:
    written = f"secret://{text}" if scheme else text
    with suppress(ConfigurationError):
        assert str(SecretReference.parse(written)) == written


@given(st.text(max_size=200), st.text(max_size=40))
def test_looking_for_secrets_never_fails_and_stays_within_the_text(text: str, name: str) -> None:
    for found in secrets_in(text, pairs=True):
        assert 0 <= found.start < found.end <= len(text)
    assert harmless(text, name) in (True, False)
    assert named_secret(name) in (True, False)


class Leases(RuleBasedStateMachine):
    """A store that rotates, fails and sets ends, a clock, and who asks in between."""

    def __init__(self) -> None:
        super().__init__()
        self.at, self.ticked, self.version = START, 0.0, 0
        self.lease: float | None = None
        self.given: dict[str, tuple[float, float]] = {}
        self.store = MemorySecretStore()
        self.store.ends = self.end
        self.secrets = Secrets({"vault": lambda: self.store}, lambda: self.at, ticks=self.ticks)
        self.refreshed = 0
        self.rotate()

    def ticks(self) -> float:
        return self.ticked

    def end(self) -> datetime | None:
        """What the store says when it gives: remembered, as the last moment of that value."""
        seconds = DEFAULT_LIMITS.secret_seconds if self.lease is None else self.lease
        most = min(seconds, DEFAULT_LIMITS.secret_seconds)
        self.given[str(self.version)] = (self.ticked, self.ticked + most)
        return None if self.lease is None else self.at + timedelta(seconds=self.lease)

    @rule()
    def rotate(self) -> None:
        self.version += 1
        self.store.put(REF.path, str(self.version))

    @rule(seconds=st.floats(0.1, 400))
    def wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticked += seconds

    @rule(seconds=st.floats(1, 4_000))
    def set_the_clock_back(self, seconds: float) -> None:
        self.at -= timedelta(seconds=seconds)

    @rule(lease=st.none() | st.floats(1, 1_000), renewable=st.booleans())
    def give_for(self, lease: float | None, renewable: bool) -> None:
        self.lease, self.store.renewable = lease, renewable

    @rule(down=st.booleans())
    def fail(self, down: bool) -> None:
        self.store.down = SecretUnavailable("the store does not answer") if down else None

    @rule()
    def resolve(self) -> None:
        try:
            found = self.secrets.resolve(REF).reveal()
        except SecretUnavailable:
            assert self.store.down is not None
            return
        assert self.ticked < self.given[found][1]
        assert int(found) >= self.refreshed

    @rule()
    def refresh(self) -> None:
        try:
            found = self.secrets.refresh(REF).reveal()
        except SecretUnavailable:
            assert self.store.down is not None
            self.refreshed = self.version  # what was wrong is not used again
            return
        assert int(found) == self.version
        self.refreshed = self.version


TestLeases = Leases.TestCase
TestLeases.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
