"""An older copy came in, the project ran on; now the newer copy turns up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lockgate.errors import UsageError
from lockgate.kernel.interface import Normaliser
from lockgate.keys.copies import KeyCopy, take_copy
from lockgate.keys.keyring import MAX_KEY_NUMBER, Keyring
from lockgate.keys.names import DIGESTS
from lockgate.keys.placing import number_after_gap
from lockgate.keys.ports import Domain, KeyState, KeyUse
from lockgate.keys.restoring import Restored, restore
from lockgate.testing.key_services import MemoryKeyService
from lockgate.testing.memory_state import MemoryStateStore

NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
EMAIL, PHONE = Domain("email", Normaliser.EMAIL), Domain("phone", Normaliser.DIGITS)
OWN = (Domain(DIGESTS, Normaliser.EXACT), Domain("lockgate.subjects", Normaliser.EXACT))


def ring() -> Keyring:
    service = MemoryKeyService("here")
    return Keyring(MemoryStateStore().keys, service, lambda: NOON, project="clinic")


def put_back(keyring: Keyring, copy: KeyCopy) -> Restored:
    return restore(keyring, copy, lambda done: None)


def bytes_of(keyring: Keyring, number: int) -> bytes:
    version = keyring.store.version(number)
    assert version is not None
    return keyring.derive(version.domain, version.use, ("x",), 32, number).key.reveal()


def monday_and_friday(*, rotated: bool = True) -> tuple[Keyring, KeyCopy, KeyCopy]:
    """The keyring that was lost, and its copies from before and after its first run."""
    lost = ring()
    lost.create_domain(EMAIL)
    monday = take_copy(lost)
    if rotated:
        lost.rotate("email")
    for domain in OWN:
        lost.ensure_domain(domain)
    return lost, monday, take_copy(lost)


def after_monday(monday: KeyCopy) -> Keyring:
    """A new keyring with the older copy, rotated, and after a run."""
    keyring = ring()
    put_back(keyring, monday)
    keyring.rotate("email")
    for domain in OWN:
        keyring.ensure_domain(domain)
    return keyring


def test_a_number_that_released_files_may_carry_is_not_handed_out() -> None:
    _, monday, friday = monday_and_friday()
    new = {v.number for v in after_monday(monday).versions()} - set(monday.numbers)
    assert min(new) > 2**15
    assert not new & set(friday.numbers)


def test_two_keyrings_from_one_copy_hand_out_different_numbers() -> None:
    _, monday, _ = monday_and_friday()
    first = {max(v.number for v in after_monday(monday).versions()) for _ in range(4)}
    assert len(first) == 4


def test_gaps_never_use_up_the_numbers() -> None:
    last = 0
    for _ in range(1000):
        last = number_after_gap(last)
    assert last < MAX_KEY_NUMBER


def test_the_newer_copy_comes_in_and_opens_what_it_protected() -> None:
    lost, monday, friday = monday_and_friday()
    here = after_monday(monday)
    mine = {v.number: bytes_of(here, v.number) for v in here.versions()}
    put_back(here, friday)

    came = {v.number for v in here.versions()} - set(mine)
    assert {v.number for v in lost.versions(DIGESTS)} <= came
    assert all(bytes_of(here, number) == bytes_of(lost, number) for number in came)
    assert all(bytes_of(here, number) == found for number, found in mine.items())
    for domain in here.domains():
        for use in (KeyUse.INDEX, KeyUse.ENCRYPTION):
            here.derive(domain.name, use, (), 32)  # each still protects
    again = {v.number for v in here.versions()}
    assert put_back(here, friday) == Restored()
    assert {v.number for v in here.versions()} == again


def test_the_index_key_that_finds_rows_of_the_present_state_stays_the_one() -> None:
    _, monday, friday = monday_and_friday()
    here = after_monday(monday)
    before = here.derive("lockgate.subjects", KeyUse.INDEX, (), 32)
    put_back(here, friday)

    assert here.derive("lockgate.subjects", KeyUse.INDEX, (), 32) == before


def test_versions_follow_those_that_are_here_in_their_order() -> None:
    lost = ring()
    lost.create_domain(EMAIL)
    monday = take_copy(lost)
    numbers = [lost.rotate("email").number for _ in range(2)]
    here = after_monday(monday)
    put_back(here, take_copy(lost))

    found = {v.number: v for v in here.versions("email") if v.number in numbers}
    assert [found[n].version for n in numbers] == [3, 4]
    assert [found[n].state for n in numbers] == [KeyState.DECRYPT_ONLY, KeyState.PRIMARY]


def test_an_index_key_of_a_user_is_not_exchanged() -> None:
    lost, monday, _ = monday_and_friday()
    lost.create_domain(PHONE)
    here = after_monday(monday)
    here.create_domain(PHONE)
    before = list(here.versions())
    with pytest.raises(UsageError, match=r"\(phone index v1\) has another number here"):
        put_back(here, take_copy(lost))
    assert list(here.versions()) == before
