"""Passwords as PHC strings of Argon2id (RFC 9106), peppered, a few at a time.

What is hashed is not the password but HMAC-SHA-256 of account and password under the project's
access key (NIST SP 800-63B-4, section 3.1.1.2): a state that was stolen without that key cannot be
guessed at, and a row that was moved to another account, or written by somebody without the key,
verifies nothing. The parameters are RFC 9106's second recommended option.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from base64 import b64encode
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from lockgate.limits import Limits
from lockgate.secret import SecretBytes

_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16
_PHC: Final = re.compile(
    r"\$argon2id\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,5}),p=([1-9]\d{0,2})"
    r"\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"
)


@dataclass(frozen=True, slots=True)
class _Cost:
    memory_kib: int
    passes: int
    lanes: int

    def __str__(self) -> str:
        return f"m={self.memory_kib},t={self.passes},p={self.lanes}"


class _Seats:
    """At most so many at once in this process, whoever asks."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._taken = 0

    def work(self, most: int) -> _Seat:
        return _Seat(self, most)

    def take(self, most: int) -> None:
        with self._free:
            self._free.wait_for(lambda: self._taken < most)
            self._taken += 1

    def leave(self) -> None:
        with self._free:
            self._taken -= 1
            self._free.notify()


@dataclass(frozen=True, slots=True)
class _Seat:
    seats: _Seats
    most: int

    def __enter__(self) -> None:
        self.seats.take(self.most)

    def __exit__(self, *error: object) -> None:
        self.seats.leave()


_seats: Final = _Seats()


class PasswordHasher:
    """Makes and verifies PHC strings with the parameters of ``limits``.

    ``password_checks`` of them work at once in a process, each with ``password_memory_kib``; who
    comes later waits. ``work`` counts what was computed, for tests.
    """

    def __init__(self, pepper: SecretBytes, limits: Limits) -> None:
        self._pepper = pepper
        self._cost = _Cost(
            limits.password_memory_kib, limits.password_passes, limits.password_lanes
        )
        self._at_once = limits.password_checks
        self.work = 0

    def hash(self, account: str, password: bytes) -> str:
        """The PHC string of an account's password, with a new salt."""
        cost = self._cost
        argon2 = Argon2id(
            salt=secrets.token_bytes(_SALT_BYTES),
            length=_HASH_BYTES,
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        with _seats.work(self._at_once):
            self.work += 1
            return argon2.derive_phc_encoded(self._peppered(account, password))

    def verify(self, account: str, password: bytes, phc: str | None) -> bool:
        """Whether it is the account's. Without a PHC string the work is the same, the answer no.

        One that asks for more than four times the memory or passes of today is not computed: it is
        none of ours.
        """
        usable = phc if phc is not None and self._affordable(phc) else self._nobodys()
        with _seats.work(self._at_once):
            self.work += 1
            try:
                Argon2id.verify_phc_encoded(self._peppered(account, password), usable)
            except InvalidKey:
                return False
        return usable is phc

    def is_current(self, phc: str) -> bool:
        """Whether it was made with today's parameters; otherwise it is made anew at a log-in."""
        return phc.startswith(f"$argon2id$v=19${self._cost}$")

    def _affordable(self, phc: str) -> bool:
        found = _PHC.fullmatch(phc)
        if found is None:
            return False
        memory, passes, lanes = map(int, found.groups())
        cost = self._cost
        most = (max(cost.memory_kib, 64 << 10) * 4, max(cost.passes, 3) * 4, max(cost.lanes, 4) * 4)
        return all(x <= y for x, y in zip((memory, passes, lanes), most, strict=True))

    def _nobodys(self) -> str:
        """A PHC string that no password gives, as costly as one of today."""
        salt, digest = (
            b64encode(secrets.token_bytes(size)).decode().rstrip("=")
            for size in (_SALT_BYTES, _HASH_BYTES)
        )
        return f"$argon2id$v=19${self._cost}${salt}${digest}"

    def _peppered(self, account: str, password: bytes) -> bytes:
        name = account.encode()
        told = len(name).to_bytes(4, "big") + name + password
        return hmac.digest(self._pepper.reveal(), told, "sha256")
