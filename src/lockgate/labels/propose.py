"""Propose a label for every column of a sample, and which column says whose row it is.

Names suggest, values decide: where they disagree strongly, the values win.
``public`` needs positive evidence from both; a column about which nothing is
known is proposed ``confidential``, never ``public``. No value of the sample
stands in a proposal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from lockgate.labels.evidence import Confidence, Guess, guess
from lockgate.labels.names import hint_for_name, words_of
from lockgate.labels.taxonomy import Taxonomy
from lockgate.labels.values import look_at
from lockgate.limits import DEFAULT_LIMITS, Limits

__all__ = ["Confidence", "Proposal", "propose", "propose_subject"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A column with a label ("public" included), how sure that is, and why in a few words."""

    column: str
    label: str
    confidence: Confidence
    why: str

    @property
    def evidence(self) -> str:
        """The same as ``why``."""
        return self.why


def propose(
    sample: pa.Table | pa.RecordBatch, taxonomy: Taxonomy, limits: Limits = DEFAULT_LIMITS
) -> tuple[Proposal, ...]:
    """One proposal a column, in order. Rows past ``proposal_sample_rows`` are not looked at."""
    rows = sample.slice(0, limits.proposal_sample_rows)
    return tuple(
        _proposal(name, guess(hint_for_name(name), look_at(column)), taxonomy)
        for name, column in zip(rows.schema.names, rows.columns, strict=True)
    )


def _proposal(name: str, found: Guess, taxonomy: Taxonomy) -> Proposal:
    label = found.label if taxonomy.known(found.label) else "confidential"
    return Proposal(name, label, found.confidence, found.why)


class _Rank(Enum):
    """How well a column tells people apart; a lower value is better."""

    RECORD_NUMBER = 0
    PERSON_KEY = 1
    OTHER_KEY = 2
    NUMBER = 3
    CONTACT = 4


_PEOPLE = frozenset(
    "patient person customer client user member employee student subject cluster participant "
    "individual citizen staff contact visitor subscriber owner household kunden personal".split()
)
_NUMBERS = ("pii.ssn", "pii.national_id", "phi.health_plan", "pii.account", "pii.username")


def propose_subject(
    sample: pa.Table | pa.RecordBatch,
    proposals: Sequence[Proposal],
    limits: Limits = DEFAULT_LIMITS,
) -> str | None:
    """The column that most likely says whose row it is, None if none does.

    A record number or a key named after people; of equals the one whose values
    repeat (several rows of one person), then the earlier one.
    """
    rows = sample.slice(0, limits.proposal_sample_rows)
    best: tuple[int, bool, int] | None = None
    name: str | None = None
    for position, proposal in enumerate(proposals):
        rank = _rank(proposal)
        if rank is None:
            continue
        seen = look_at(rows.column(position))
        if seen.count and seen.distinct < 2 <= seen.count:
            continue
        score = (rank.value, not seen.repeats, position)
        if best is None or score < best:
            best, name = score, proposal.column
    return name


def _rank(proposal: Proposal) -> _Rank | None:
    words = frozenset(words_of(proposal.column))
    about_people = bool(words & _PEOPLE) or words <= {"uid", "userid", "patientid", "customerid"}
    if proposal.label == "phi.mrn":
        return _Rank.RECORD_NUMBER
    if proposal.label == "pii.id" and not words & {"session", "visit", "lead"}:
        return _Rank.PERSON_KEY if about_people else _Rank.OTHER_KEY
    if proposal.label in _NUMBERS:
        return _Rank.PERSON_KEY if about_people else _Rank.NUMBER
    return _Rank.CONTACT if proposal.label == "pii.email" else None
