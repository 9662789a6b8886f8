"""Attacks on log-ins at the built-in issuer: guessing, enumeration, locking out, flooding."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local_desk import CHEAP, GOOD, WRONG, Desk, made_up
from lockgate.access.lockout import FOR_GOOD, Guesses
from lockgate.access.settings import LocalIssuerSpec
from lockgate.adapters.identity_providers.local import passwords
from lockgate.adapters.identity_providers.local.passwords import PasswordHasher
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.assemble import local_guessing
from lockgate.errors import AuthenticationFailed
from lockgate.secret import SecretText
from lockgate.testing.memory_state import MemoryStateStore

TRIES = 1_000
NEVER = 10**9
KINDS = ("known", "unknown", "disabled", "locked")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_state("sqlite", tmp_path / "home") as state:
        made = Desk(tmp_path / "home", state)
        made.accounts.add_user("ada", SecretText(GOOD), "test")
        yield made


def four_kinds(tmp_path: Path, spec: LocalIssuerSpec, **limits: int) -> Desk:
    desk = Desk(tmp_path / "home", MemoryStateStore(), limits=replace(CHEAP, **limits), spec=spec)
    for name in ("known", "disabled", "locked"):
        desk.accounts.add_user(name, SecretText(GOOD), "test")
    desk.accounts.disable("user:disabled", "test")
    desk.store.set_guesses("user:locked", Guesses(7, FOR_GOOD))
    return desk


def test_user_enumeration_by_the_answer(tmp_path: Path) -> None:
    desk = four_kinds(tmp_path, LocalIssuerSpec())
    told = {desk.fails(kind) for kind in KINDS}
    told |= {desk.fails(kind, GOOD) for kind in KINDS if kind != "known"}
    told |= {desk.fails(name) for name in ("", "Ada", "a" * 10_000, "user:known", "\ud800", "\0")}
    told |= {desk.fails("known", password) for password in ("", "\ud800", "x" * 100_000, "\0")}

    assert len(told) == 1
    assert "known" not in told.pop()


def test_user_enumeration_by_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly one Argon2id of today's cost, whoever is asked for and whatever is given."""
    desk = four_kinds(tmp_path, LocalIssuerSpec())
    computed: list[str] = []
    real = passwords.Argon2id

    class Counted:
        @staticmethod
        def verify_phc_encoded(given: bytes, text: str) -> None:
            computed.append(text.split("$")[3])
            real.verify_phc_encoded(given, text)

    monkeypatch.setattr(passwords, "Argon2id", Counted)
    for name in (*KINDS, "", "Ada", "x" * 999):
        for password in (WRONG, "", "\ud800", "x" * 100_000):
            computed.clear()
            desk.fails(name, password)
            assert computed == ["m=8,t=1,p=1"], (name, len(password))
    computed.clear()
    desk.store.set_guesses("user:known", None)
    desk.log_in("known")
    assert computed == ["m=8,t=1,p=1"]


def taken(desk: Desk, tries: int = TRIES) -> dict[str, list[float]]:
    """Seconds of each try, the kinds in random order, so that a slow moment meets all of them."""
    order = [kind for kind in KINDS for _ in range(tries)]
    random.Random(6).shuffle(order)
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for kind in order:
        name = made_up() if kind == "unknown" else kind
        started = time.perf_counter()
        with pytest.raises(AuthenticationFailed):
            desk.log_in(name, WRONG)
        found[kind].append(time.perf_counter() - started)
    return found


def told_apart(one: list[float], other: list[float]) -> float:
    """Mann-Whitney: how often a try of one takes longer than one of the other; 0.5 is a guess."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(rank for rank, (_, which) in enumerate(ranked, 1) if which == 0)
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def timed_desk(tmp_path: Path) -> Desk:
    """Never locked, never slowed: what is measured is the path of a first guess."""
    spec = LocalIssuerSpec(lock_after=NEVER)
    return four_kinds(
        tmp_path, spec, source_guesses=NEVER, source_told_singly=NEVER, password_memory_kib=512
    )


def test_user_enumeration_by_timing(tmp_path: Path) -> None:
    """1,000 tries of each kind: no pair is told apart much better than by tossing a coin."""
    found = taken(timed_desk(tmp_path))

    medians = {kind: statistics.median(times) for kind, times in found.items()}
    for kind in KINDS:
        assert abs(told_apart(found[kind], found["known"]) - 0.5) < 0.08, medians
        assert abs(medians[kind] / medians["known"] - 1) < 0.10, medians


def test_the_measurement_would_find_a_path_without_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PasswordHasher.verify

    def careless(self: PasswordHasher, account: str, given: bytes, phc: str | None) -> bool:
        return phc is not None and real(self, account, given, phc)

    monkeypatch.setattr(PasswordHasher, "verify", careless)
    found = taken(timed_desk(tmp_path), tries=100)

    assert told_apart(found["known"], found["unknown"]) > 0.75


def test_a_correct_password_while_locked_opens_nothing(desk: Desk) -> None:
    told = desk.fails(times=5)
    assert desk.fails(password=GOOD, times=3) == told
    desk.after(seconds=59)
    assert desk.fails(password=GOOD) == told
    desk.after(seconds=1)
    assert desk.log_in().principal == "user:ada"


def test_guessing_goes_on_after_each_lock_ever_more_slowly(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home", MemoryStateStore())
    desk.accounts.add_user("ada", SecretText(GOOD), "test")
    desk.fails(times=5)
    checked = 0
    for _ in range(24 * 60):  # a guess a minute for a day
        desk.after(seconds=60)
        before = desk.store.guesses("user:ada").failures
        desk.fails()
        checked += desk.store.guesses("user:ada").failures - before
    assert checked < 30


def test_a_success_starts_the_count_anew(desk: Desk) -> None:
    for _ in range(5):
        desk.fails(times=4)
        desk.log_in()
    assert desk.store.guesses("user:ada") is None


def test_lock_out_as_denial_of_service(desk: Desk) -> None:
    """Whoever locks an account ends no session of it, and locks no other; it opens again."""
    tokens = desk.log_in()
    desk.accounts.add_user("bob", SecretText(GOOD), "test")
    desk.fails("ada", times=200)

    assert desk.stands(tokens)
    assert desk.renew(tokens).principal == "user:ada"
    assert desk.log_in("bob").principal == "user:bob"
    desk.accounts.unlock("ada", "test")
    assert desk.log_in().principal == "user:ada"


def test_password_spraying_is_slowed_and_locks_nobody_out(desk: Desk) -> None:
    for number in range(30):
        desk.accounts.add_user(f"u{number}", SecretText(GOOD), "test")
    for number in range(30):
        desk.fails(f"u{number}", times=4)

    assert len(desk.waits) == 120 - CHEAP.source_guesses
    assert max(desk.waits) == CHEAP.source_wait_seconds
    assert desk.log_in().principal == "user:ada"
    assert 0 < desk.waits[-1] <= CHEAP.source_wait_seconds


def test_a_flood_of_guesses_does_not_fill_the_ledger(desk: Desk) -> None:
    before = len(desk.told())
    for number in range(150):
        desk.after(seconds=0.5)
        desk.fails(made_up() if number % 2 else "ada")
    desk.after(seconds=3600)
    desk.log_in()

    entries = desk.told()[before:]
    assert len(entries) < 70
    failed = [event for event in entries if event.kind == "authentication.failed"]
    assert sum(event.attempts for event in failed) == 150, "each of them is told"


def test_names_that_nobody_has_are_kept_nowhere(desk: Desk, tmp_path: Path) -> None:
    """A password typed where the name belongs is neither in the state nor in the ledger."""
    slip = "opensesame47"
    for _ in range(7):
        desk.fails(slip, "x")

    assert all(slip.encode() not in path.read_bytes() for path in tmp_path.rglob("*.*"))
    assert {event.principal for event in desk.told("authentication.failed")} == {"unknown"}


def test_names_that_nobody_has_do_not_fill_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_guessing, "_BUCKETS", 64)
    desk = Desk(tmp_path / "home", MemoryStateStore())
    for _ in range(300):
        desk.fails(made_up())

    assert len(desk.record.state.tables.identities.guesses) <= 64 + 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("stolen", ["state", "state and access key"])
def test_a_stolen_state_gives_no_password(desk: Desk, tmp_path: Path, stolen: str) -> None:
    """Without access.key the right password cannot even be told from others."""
    user = desk.store.user("ada")
    tokens = desk.log_in()
    content = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("state.db*"))
    assert tokens.refresh is not None
    for secret in (GOOD, tokens.access.reveal(), tokens.refresh.reveal()):
        assert secret.encode() not in content
    if stolen == "state":
        with open_state("sqlite", tmp_path / "elsewhere") as state:
            thief = Desk(tmp_path / "elsewhere", state)
            assert not thief.issuer().passwords.verify("ada", GOOD.encode(), user.password)


def test_a_password_row_moved_to_another_account_opens_nothing(desk: Desk) -> None:
    desk.accounts.add_user("eve", SecretText("quiet river stone"), "test")
    desk.store.put_user(replace(desk.store.user("ada"), password=desk.store.user("eve").password))

    desk.fails("ada", "quiet river stone")


def test_a_password_changed_while_it_is_checked_opens_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts: list[Callable[[], object]] = [
        lambda: desk.accounts.set_password("ada", SecretText("quiet river stone"), "test"),
        lambda: desk.accounts.disable("user:ada", "test"),
    ]
    real = PasswordHasher.verify

    def raced(self: PasswordHasher, *given: object) -> bool:
        fits = real(self, *given)  # type: ignore[arg-type]
        if acts:
            acts.pop()()
        return fits

    monkeypatch.setattr(PasswordHasher, "verify", raced)
    desk.fails(password=GOOD)
    desk.accounts.enable("user:ada", "test")
    desk.fails(password=GOOD)
    assert desk.store.sessions("user:ada") == []
