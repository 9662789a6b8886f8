"""How the judge asks the native kernel about whole columns, where there is one.

The rules themselves are described in ``rust/kernel/src/judge``. Everything here is an
addition: whatever it leaves undecided, and every column where it is absent, is decided as
without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from lockgate.errors import KernelError
from lockgate.kernel.choice import native_module

Called = TypeVar("Called")
Rows = Any
"""An Arrow array of int64 row numbers, by the PyCapsule interface."""
Answer = tuple[Any | None, Rows | None, Sequence[tuple[str, Rows]]]
"""New values (None: the column's own), undecided rows, rows by Pydantic's error type."""


class NativeRule(Protocol):
    """One column's rule. Safe from several threads; runs without the GIL."""

    @property
    def decides_all(self) -> bool:
        """Whether no value of the rule's own type is left undecided."""
        ...

    @property
    def tables(self) -> Sequence[str] | None:
        """Classes whose Unicode tables decide what its pattern says of text beyond ASCII.

        None if there is no pattern, or more than classes decides.
        """
        ...

    @property
    def knows_pattern(self) -> bool:
        """Whether its pattern, if it has one, is read natively."""
        ...

    def decide(self, values: Any) -> Answer | None:
        """The answer on an Arrow array; None if every value is null or accepted as it is.

        Rows in no list are accepted or null. New values come as utf8, bool, int32 (dates),
        int64 (numbers, times, timestamps), float64, or 16 bytes of binary (decimals).
        """
        ...


class RuleMaker(Protocol):
    """Makes rules. ``bounds`` are pairs of ``le``, ``lt``, ``ge``, ``gt`` and a number."""

    def text(
        self,
        strip: bool,  # the native module takes positions
        least: int,
        most: int | None,
        pattern: str | None,
        readable: bool,
        trusted: bool,
        case: str,
    ) -> NativeRule:
        """utf8: stripped, lengths in code points, ``pattern`` found, ``lower``, ``upper`` or "".

        The pattern is ``readable`` if the Rust engine reads it, and ``trusted`` if its
        ``tables`` are known to be those of Pydantic: else it decides ASCII text only.
        """
        ...

    def characters(self, name: str) -> tuple[str, str] | None:
        r"""All characters of a class such as ``\w``, and all others; None if it is none."""
        ...

    def email(
        self, reserved: Sequence[str], folded: Sequence[str], long_locals: bool
    ) -> NativeRule | None:
        """utf8 addresses; None if the lists are not of a plain form.

        ``reserved`` domains are refused, the case of ``folded`` mailboxes goes,
        ``long_locals`` may have more than 64 letters.
        """
        ...

    def listed(self, members: Sequence[str], rejects: bool) -> NativeRule:
        """utf8 of a closed list; others are ``literal_error`` if ``rejects``, else undecided."""
        ...

    def uuid(self, version: int | None) -> NativeRule:
        """utf8 UUIDs in the hyphenated form (RFC 9562)."""
        ...

    def whole(self, bounds: Sequence[tuple[str, int]], multiple_of: int | None) -> NativeRule:
        """int64, or utf8 as ``-42``."""
        ...

    def double(self, bounds: Sequence[tuple[str, float]]) -> NativeRule:
        """float64 that is finite, or utf8 as ``-1.25`` and ``1e-07``."""
        ...

    def decimal(
        self, bounds: Sequence[tuple[str, int]], scale: int, whole: int, fraction: int, most: int
    ) -> NativeRule:
        """decimal128 of ``scale``, or utf8; bounds in units of the last place.

        More than ``fraction`` places are ``decimal_max_places`` with at most ``most`` digits,
        else undecided.
        """
        ...

    def truth(self) -> NativeRule:
        """utf8: Pydantic's words."""
        ...

    def date(
        self, bounds: Sequence[tuple[str, int]], known: tuple[int, int], strict: bool
    ) -> NativeRule:
        """date32, or utf8 as ``2024-02-29``; decided between ``known`` days only."""
        ...

    def time(self, bounds: Sequence[tuple[str, int]]) -> NativeRule:
        """time64[us], or utf8 as ``12:30:45`` with none, 3 or 6 digits of a second."""
        ...

    def moment(
        self,
        bounds: Sequence[tuple[str, int]],
        known: tuple[int, int],
        zoned: bool,
        strict: bool,
    ) -> NativeRule:
        """timestamp[us], or utf8 as ``2024-02-29T12:30:45``, ``Z`` or ``+01:00`` if ``zoned``."""
        ...


Settled = tuple[Any, Rows, Any, Any, Any]
"""Accepted rows as a record batch, the rejected ones, where the reasons of each of these start
(int32), and of every reason the column and the error type (utf8)."""


class NativeBatch(Protocol):
    """The rules of all columns of a contract. Safe from several threads; runs without the GIL."""

    def judge(self, batch: Any) -> tuple[Settled | None, Sequence[Answer | None]]:
        """The verdict on a record batch of these columns, or the answers of their rules.

        There are answers if a row is left to Pydantic, and if none is rejected: then the columns
        are not made anew.
        """
        ...


class BatchMaker(Protocol):
    """Makes those."""

    def __call__(
        self, columns: Sequence[tuple[str, NativeRule, str | None]], schema: Any, most: int
    ) -> NativeBatch:
        """By column its name, rule, and what a null row is.

        That is None if it stays null, its error type, or "" if Pydantic has to say. ``schema`` is
        of what is accepted. A row has at most ``most`` reasons.
        """
        ...


class Module(Protocol):
    """What the native module has for a judge."""

    JudgeRule: RuleMaker
    JudgeBatch: BatchMaker
    Fault: type[Exception]

    def rows_of_nulls(self, values: Any) -> Any:
        """The null rows of a column."""
        ...

    def without_rows(self, batch: Any, rows: Any, schema: Any) -> Any:
        """A record batch without some rows, of the schema that it has itself."""
        ...

    def decide_columns(self, rules: Sequence[NativeRule], batch: Any) -> Sequence[Answer | None]:
        """What each rule's ``decide`` says of its column of a record batch."""
        ...

    def with_rows(self, values: Any, rows: Any, new: Any) -> Any:
        """A text column with some rows replaced."""
        ...


class Asking:
    """The native judge: makes rules, asks them, and cuts rows out.

    Its methods raise KernelError if an array is not laid out as its type says.
    """

    def __init__(self, module: Module) -> None:
        self.make = module.JudgeRule
        self.make_batch = module.JudgeBatch
        self._module = module

    def ask(self, rule: NativeRule, values: pa.Array) -> Answer | None:
        """The rule's answer on a column."""
        return self._called(rule.decide, values)

    def null_rows(self, values: pa.Array) -> pa.Int64Array:
        """The null rows, rising."""
        return pa.array(self._called(self._module.rows_of_nulls, values))

    def ask_all(
        self, rules: Sequence[NativeRule], batch: pa.RecordBatch
    ) -> Sequence[Answer | None]:
        """The answers of as many rules as the batch has columns, in one go."""
        return self._called(self._module.decide_columns, rules, batch)

    def judge_batch(
        self, rules: NativeBatch, batch: pa.RecordBatch
    ) -> tuple[Settled | None, Sequence[Answer | None]]:
        """The verdict on a batch, or the answers of the rules."""
        return self._called(rules.judge, batch)

    def without(self, batch: pa.RecordBatch, rows: pa.Int64Array) -> pa.RecordBatch:
        """The batch without these rows, which rise."""
        return pa.record_batch(self._called(self._module.without_rows, batch, rows, batch.schema))

    def replaced(
        self, values: pa.StringArray, rows: pa.Int64Array, new: pa.StringArray
    ) -> pa.StringArray:
        """The texts with these rows, which rise, replaced by ``new`` ones in order."""
        return pa.array(self._called(self._module.with_rows, values, rows, new))

    def _called(self, function: Callable[..., Called], *arguments: Any) -> Called:
        try:
            return function(*arguments)
        except self._module.Fault:
            pass
        raise KernelError("a column is not laid out as its Arrow type says")


def native() -> Asking | None:
    """The native judge, if the native kernel is the one in use. Raises KernelError as that does."""
    module = native_module()
    return None if module is None else Asking(module)
