"""What every store of subjects' salts does alike: in memory, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lockgate.errors import EnvironmentFailed
from lockgate.run.state_ports import SaltRows, StateStore

NOON = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
SEALED = 108


def numbered(kind: str, *numbers: int) -> pa.FixedSizeBinaryArray:
    texts = [f"{kind}-{number}".encode().ljust(16, b"\x00") for number in numbers]
    return pa.array(texts, pa.binary(16))


def sealed(kind: str, *numbers: int) -> pa.BinaryArray:
    texts = [f"{kind}-{number}".encode().ljust(SEALED, b"\xff") for number in numbers]
    return pa.array(texts, pa.binary())


def add(state: StateStore, kind: str, *numbers: int) -> None:
    index = numbered("index", *numbers)
    state.salts.add(index, numbered(kind, *numbers), sealed(kind, *numbers), NOON)


def rows(found: SaltRows) -> list[tuple[int, bytes | None, bytes, bytes | None]]:
    columns = (found.asked, found.indices, found.handles, found.sealed)
    return list(zip(*(column.to_pylist() for column in columns), strict=True))


def expected(kind: str, place: int, number: int) -> tuple[int, bytes, bytes, bytes]:
    parts = (numbered("index", number), numbered(kind, number), sealed(kind, number))
    return (place, *(part[0].as_py() for part in parts))


def test_salts_come_back_in_the_order_asked_for_and_unknown_ones_are_left_out(
    state: StateStore,
) -> None:
    add(state, "a", 3, 1, 2)

    found = rows(state.salts.of_subjects(numbered("index", 2, 9, 3, 2)))
    assert found == [expected("a", 0, 2), expected("a", 2, 3), expected("a", 3, 2)]
    found = rows(state.salts.of_handles(numbered("a", 9, 1)))
    assert found == [expected("a", 1, 1)]
    assert state.salts.count() == (3, 0)


def test_nothing_asked_and_nothing_added_is_nothing(state: StateStore) -> None:
    add(state, "a")
    assert rows(state.salts.of_subjects(numbered("index"))) == []
    assert rows(state.salts.of_handles(numbered("a"))) == []
    assert state.salts.destroy(numbered("a"), NOON) == 0
    assert len(state.salts.live_handles(b"", 10)) == 0
    assert state.salts.count() == (0, 0)


def test_the_first_salt_of_a_subject_stays(state: StateStore) -> None:
    add(state, "a", 1, 2)
    add(state, "b", 2, 3)

    found = rows(state.salts.of_subjects(numbered("index", 1, 2, 3)))
    assert found == [expected("a", 0, 1), expected("a", 1, 2), expected("b", 2, 3)]


def test_a_destroyed_salt_leaves_its_handle_and_nothing_of_whose_it_was(state: StateStore) -> None:
    add(state, "a", 1, 2)
    assert state.salts.destroy(numbered("a", 1, 1, 7), NOON) == 1
    assert state.salts.destroy(numbered("a", 1), NOON) == 0

    assert rows(state.salts.of_subjects(numbered("index", 1, 2))) == [expected("a", 1, 2)]
    gone, left = rows(state.salts.of_handles(numbered("a", 1, 2)))
    assert gone == (0, None, numbered("a", 1)[0].as_py(), None)
    assert left == expected("a", 1, 2)
    assert state.salts.count() == (1, 1)


def test_who_comes_back_gets_another_salt(state: StateStore) -> None:
    for kind in ("a", "b"):
        add(state, kind, 1)
        state.salts.destroy(numbered(kind, 1), NOON)
    add(state, "c", 1)

    assert rows(state.salts.of_subjects(numbered("index", 1))) == [expected("c", 0, 1)]
    assert state.salts.count() == (1, 2)


def test_live_handles_are_told_in_pages(state: StateStore) -> None:
    add(state, "a", *range(10))
    state.salts.destroy(numbered("a", 4), NOON)

    pages, after = [], b""
    while page := state.salts.live_handles(after, 4).to_pylist():
        pages.append(len(page))
        after = page[-1]
    assert pages == [4, 4, 1]
    assert after == numbered("a", 9)[0].as_py()


def test_salts_and_their_destruction_are_undone_with_their_transaction(state: StateStore) -> None:
    add(state, "a", 1)
    with pytest.raises(ZeroDivisionError), state.transaction():
        add(state, "b", 2)
        state.salts.destroy(numbered("a", 1), NOON)
        raise ZeroDivisionError

    assert rows(state.salts.of_subjects(numbered("index", 1, 2))) == [expected("a", 0, 1)]


def test_a_large_batch_is_kept_whole(state: StateStore) -> None:
    many = range(40_000)
    add(state, "a", *many)

    found = state.salts.of_subjects(numbered("index", *reversed(many)))
    assert found.asked.to_pylist() == list(many)
    assert found.handles.equals(numbered("a", *reversed(many)))
    assert found.sealed.equals(sealed("a", *reversed(many)))


def test_threads_that_make_salts_of_the_same_subjects_agree(state: StateStore) -> None:
    people, failures = range(2_000), []

    def make(kind: str) -> None:
        try:
            add(state, kind, *(people if kind < "c" else reversed(people)))
        except EnvironmentFailed as error:  # pragma: no cover - the assertion shows it
            failures.append(error)

    threads = [threading.Thread(target=make, args=(kind,)) for kind in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert state.salts.count() == (len(people), 0)
    by_subject = state.salts.of_subjects(numbered("index", *people))
    by_handle = state.salts.of_handles(by_subject.handles)
    assert by_handle.indices.equals(numbered("index", *people))
    assert by_handle.sealed.equals(by_subject.sealed)
