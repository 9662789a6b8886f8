"""Made-up values, the same in every run: e-mail addresses, numbers of persons, phones and cards."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

SEED = 20_240_607
LETTERS = "abcdefghijklmnopqrstuvwxyz"
HOSTS = ("mail.com", "post.org", "work.net")


def made_up_key(name: str, length: int) -> bytes:
    """A key that is no secret: the digest of its name."""
    return hashlib.shake_256(f"bench {name}".encode()).digest(length)


@dataclass(frozen=True)
class Columns:
    """Columns of one length, without nulls. Lists of the same values for who loops over them."""

    count: int

    @cached_property
    def emails(self) -> pa.StringArray:
        """22 bytes, lower case: already canonical, so all do the same job."""
        draw = random.Random(SEED)  # noqa: S311
        return self._made(
            lambda: "".join(draw.choices(LETTERS + "0123456789", k=13)) + "@" + draw.choice(HOSTS)
        )

    @cached_property
    def ssns(self) -> pa.StringArray:
        """11 bytes, as 123-45-6789."""
        return self._digits(1, (3, 2, 4))

    @cached_property
    def phones(self) -> pa.StringArray:
        """12 bytes, as 555-123-4567."""
        return self._digits(2, (3, 3, 4))

    @cached_property
    def ids(self) -> pa.StringArray:
        """9 digits."""
        return self._digits(3, (9,))

    @cached_property
    def cards(self) -> pa.StringArray:
        """16 digits that pass the check of card numbers (some peers look only at those)."""
        draw = random.Random(SEED + 4)  # noqa: S311
        return self._made(
            lambda: _with_check_digit("4" + "".join(draw.choices("0123456789", k=14)))
        )

    def _digits(self, seed: int, groups: tuple[int, ...]) -> pa.StringArray:
        draw = random.Random(SEED + seed)  # noqa: S311
        return self._made(
            lambda: "-".join("".join(draw.choices("0123456789", k=group)) for group in groups)
        )

    def _made(self, one: Callable[[], str]) -> pa.StringArray:
        return pa.array([one() for _ in range(self.count)], pa.string())


def _with_check_digit(digits: str) -> str:
    """The digits and Luhn's check digit (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return digits + str(-total % 10)
