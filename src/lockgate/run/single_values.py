"""Opening one value at a time: where it belongs is found out, by keys that were permitted only.

A value tells its key domain at most, so a ciphertext is tried at each column of that domain. What
a column's labels allow is asked before its key is derived, once for each set of labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from lockgate.access.permit import Permit
from lockgate.errors import AuthorisationDenied, IntegrityError, KeyUnavailable, UsageError
from lockgate.kernel.fernet import SHAPE as FERNET_SHAPE
from lockgate.kernel.fernet import fernet_opened
from lockgate.kernel.frame import ALGORITHM_TOKEN, RECORD_ALGORITHMS
from lockgate.labels.label import LabelSet
from lockgate.run.context import RunContext
from lockgate.run.key_table import for_fernet, for_reveal, for_tokens
from lockgate.run.opening import Origin, opened_frames
from lockgate.run.reveal_door import Wanted, ask, labels_of, wanted_of

SINGLE = "single values"
Opened = tuple[str, LabelSet, int]
"""A value, the labels it stands under, and the number of its key."""


class SingleValues:
    """Opens values of one request; what was asked for is asked once."""

    def __init__(self, context: RunContext, origins: Sequence[Origin], purpose: str) -> None:
        self._context = context
        self._origins = origins
        self._purpose = purpose
        self._answers: dict[tuple[Wanted, ...], tuple[Permit, ...] | AuthorisationDenied] = {}

    def opened(self, frame: str, position: int) -> Opened:
        """Open a value. Raises AuthorisationDenied, IntegrityError, KeyUnavailable, UsageError."""
        if re.fullmatch(FERNET_SHAPE, frame):
            return self._fernet(frame, position)
        array = pa.array([frame], pa.string())
        ((algorithm, number),) = self._context.kernel.frame_headers(array)
        domain = self._context.keys.domain_of(number)
        known = [origin for origin in self._origins if domain in origin.domains]
        if algorithm == ALGORITHM_TOKEN:
            return self._token(array, domain, known, number)
        if algorithm in RECORD_ALGORITHMS:
            raise UsageError(
                f"value {position} is bound to its row, and opens beside the row's key only",
                hint="reveal it from its file: --file FILE --column COLUMN",
            )
        return self._ciphertext(array, known, number, position)

    def _token(self, array: pa.Array, domain: str, known: Sequence[Origin], number: int) -> Opened:
        wanted = wanted_of(SINGLE, known)
        permits = self._asked(wanted)
        with self._context.released(permits, for_tokens(permits, domain, wanted)) as keyed:
            return _text(opened_frames(keyed, array, None).values), labels_of(wanted), number

    def _ciphertext(
        self, array: pa.Array, known: Sequence[Origin], number: int, position: int
    ) -> Opened:
        for origin, permits in self._may(known):
            with self._context.released(permits, for_reveal(permits, [origin])) as keyed:
                try:
                    opened = opened_frames(keyed, array, origin.place)
                except IntegrityError:
                    continue
            if opened.shredded:  # of which column nobody can tell any more
                self._asked(wanted_of(SINGLE, known))
                raise KeyUnavailable(
                    f"value {position} belongs to a person whose key was destroyed",
                    hint="nothing opens it any more",
                )
            return _text(opened.values), origin.labels, number
        raise self._nowhere([wanted_of(SINGLE, [origin]) for origin in known], position)

    def _fernet(self, token: str, position: int) -> Opened:
        """Try the Fernet keys of every domain that a column is of: a token names none."""
        existing = {domain.name for domain in self._context.keys.domains()}
        domains = {name for origin in self._origins for name in origin.domains} & existing
        tried = []
        for domain in sorted(domains):
            known = [origin for origin in self._origins if domain in origin.domains]
            tried.append(wanted := wanted_of(SINGLE, known))
            permits = self._answer(wanted)
            if isinstance(permits, AuthorisationDenied):
                continue
            needed = for_fernet(permits, domain, wanted)
            with self._context.released(permits, needed) as keyed:
                keys = keyed.keys.fernet_keys(domain)
            opened, used = fernet_opened(pa.array([token]), [derived.key for derived in keys])
            if used[0] >= 0:
                return _text(opened), labels_of(wanted), keys[used[0]].number
        raise self._nowhere(tried, position)

    def _may(self, known: Sequence[Origin]) -> Iterator[tuple[Origin, tuple[Permit, ...]]]:
        """The columns whose values may be revealed, each with its permits."""
        for origin in known:
            permits = self._answer(wanted_of(SINGLE, [origin]))
            if not isinstance(permits, AuthorisationDenied):
                yield origin, permits

    def _asked(self, wanted: tuple[Wanted, ...]) -> tuple[Permit, ...]:
        answer = self._answer(wanted)
        if isinstance(answer, AuthorisationDenied):
            raise answer
        return answer

    def _answer(self, wanted: tuple[Wanted, ...]) -> tuple[Permit, ...] | AuthorisationDenied:
        if wanted not in self._answers:
            try:
                self._answers[wanted] = ask(self._context, wanted, self._purpose)
            except AuthorisationDenied as denied:
                self._answers[wanted] = denied
        return self._answers[wanted]

    def _nowhere(self, tried: Sequence[tuple[Wanted, ...]], position: int) -> Exception:
        """What is raised where nothing opened: a denial, if one kept a column from being tried."""
        for wanted in tried:
            answer = self._answers.get(wanted)
            if isinstance(answer, AuthorisationDenied):
                return answer
        return IntegrityError(
            f"value {position} opens at no column of this project's contracts",
            hint="it was changed, or it belongs to a contract or column that this project lacks",
        )


def _text(opened: pa.BinaryArray) -> str:
    try:
        return str(opened.cast(pa.string())[0].as_py())
    except pa.ArrowInvalid:
        raise KeyUnavailable("the value is binary", hint="reveal it from its file") from None
