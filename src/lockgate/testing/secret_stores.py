"""A secret store in memory, and the laws that every secret store keeps.

A test runs each law in ``SECRET_STORE_LAWS`` on a ``Stocked`` store: one whose secrets it can put,
rotate and take away.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from lockgate.errors import SecretMissing, SecretUnavailable
from lockgate.secrets.fields import secret_of
from lockgate.secrets.ports import Lease, SecretStore

VALUE = "correct-horse-7-battery"
ROTATED = "staple-8-tremendous"


class MemorySecretStore:
    """A ``SecretStore`` in memory. ``down`` makes every call fail with the words it is set to."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[str, int]] = {}
        self.down: Exception | None = None
        self.ends: Callable[[], datetime | None] = lambda: None
        self.renewable = True
        self.fetches = 0

    def put(self, path: str, text: str) -> None:
        """Store a text as the next version of ``path``."""
        self._texts[path] = (text, self._texts.get(path, ("", 0))[1] + 1)

    def fetch(self, path: str, field: str) -> Lease:
        """The text, or a field of it; raises ``down`` if that is set."""
        self.fetches += 1
        if self.down is not None:
            raise self.down
        if path not in self._texts:
            raise SecretMissing("there is no such secret")
        text, version = self._texts[path]
        return Lease(secret_of(text, field), str(version), self.ends(), self.renewable)


@dataclass(frozen=True, slots=True)
class Stocked:
    """A store and how to fill it. ``path`` can be put, ``absent`` is never there.

    ``put`` stores a text at a path, as its next version where there is one. ``versions``: whether
    the store counts versions.
    """

    store: SecretStore
    put: Callable[[str, str], None]
    path: str
    absent: str
    versions: bool = True


def gives_what_was_put(stocked: Stocked) -> None:
    """The text comes back exactly, whatever signs are in it."""
    for text in (VALUE, "ä€漢 'quoted\" and\\slashed", "{not json", "p" * 4_000):
        stocked.put(stocked.path, text)
        _expect(stocked.store.fetch(stocked.path, "").value.reveal() == text, "another text")


def gives_a_field(stocked: Stocked) -> None:
    """A field of a JSON object comes alone, exactly; its neighbours do not."""
    stocked.put(stocked.path, json.dumps({"user": "app", "password": VALUE}))
    _expect(stocked.store.fetch(stocked.path, "password").value.reveal() == VALUE, "another text")
    _expect(stocked.store.fetch(stocked.path, "user").value.reveal() == "app", "another field")


def says_missing(stocked: Stocked) -> None:
    """What is not there is missing, and a field that is not there is too."""
    _refused(stocked, stocked.absent, "", SecretMissing)
    stocked.put(stocked.path, json.dumps({"user": "app"}))
    _refused(stocked, stocked.path, "password", SecretMissing)


def refuses_what_has_no_field(stocked: Stocked) -> None:
    """A field of what is no object, or that is no text, is refused and not made up."""
    for text in (VALUE, json.dumps({"password": 7}), json.dumps({"password": ""})):
        stocked.put(stocked.path, text)
        _refused(stocked, stocked.path, "password", SecretUnavailable)


def sees_a_rotation(stocked: Stocked) -> None:
    """After a rotation the new value comes, and never the old one again."""
    stocked.put(stocked.path, VALUE)
    before = stocked.store.fetch(stocked.path, "")
    stocked.put(stocked.path, ROTATED)
    after = stocked.store.fetch(stocked.path, "")
    _expect(after.value.reveal() == ROTATED, "the value before the rotation")
    if stocked.versions:
        _expect(before.version != after.version, "two values of one version")


def shows_no_value(stocked: Stocked) -> None:
    """A lease prints no value, tells none by its version, and cannot be copied out."""
    stocked.put(stocked.path, VALUE)
    lease = stocked.store.fetch(stocked.path, "")
    _expect(VALUE not in f"{lease!r}{lease}{lease.version}", "the value in its lease's text")
    for escape in (copy.deepcopy, copy.copy):
        try:
            escape(lease.value)
        except TypeError:
            continue
        raise AssertionError("a lease was copied out")


SECRET_STORE_LAWS: tuple[Callable[[Stocked], None], ...] = (
    gives_what_was_put,
    gives_a_field,
    says_missing,
    refuses_what_has_no_field,
    sees_a_rotation,
    shows_no_value,
)


def chain(error: BaseException) -> Iterable[BaseException]:
    """An error and everything it hangs on to."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, None if one.__suppress_context__ else one.__context__]
    return seen


def _refused(stocked: Stocked, path: str, field: str, kind: type[SecretUnavailable]) -> None:
    try:
        stocked.store.fetch(path, field)
    except kind as error:
        told = " ".join(str(one) for one in chain(error))
        _expect(VALUE not in told, "the value in an error")
        return
    raise AssertionError("it gave what it should refuse")


def _expect(kept: bool, otherwise: str) -> None:
    if not kept:
        raise AssertionError(otherwise)
