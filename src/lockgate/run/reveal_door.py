"""The one door that values are turned back through: permitted, bounded, counted, recorded.

1. ``ask``: the ``reveal`` permission of every label, and what its rules say of the purpose; also
   whether somebody answered for the rules, where two persons decide on that.
2. ``admit``: how many at once and in a day; the count and the record commit together.
Only then a value is shown. A refusal is recorded as well: whose, of what, by which rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from lockgate.access.action import Action
from lockgate.access.permit import Permit
from lockgate.access.resource import Resource, label
from lockgate.errors import AuthorisationDenied, LockgateError
from lockgate.labels.label import LabelSet, join_all
from lockgate.ledger.event import Revealed, RevealRefused
from lockgate.policy.reveal_rules import Bounds, Quota
from lockgate.run.context import RunContext
from lockgate.run.opening import Origin

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request would show of one column: how many values of which labels, by which keys."""

    what: str
    parts: tuple[tuple[LabelSet, int], ...]
    key_numbers: tuple[int, ...]

    @property
    def labels(self) -> LabelSet:
        """Of all parts together."""
        return join_all(labels for labels, _ in self.parts)

    @property
    def count(self) -> int:
        """Values of all parts together."""
        return sum(count for _, count in self.parts)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see, of which labels; ``dataset`` is "" where it may be of any."""

    what: str
    labels: LabelSet
    dataset: str = ""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """What the permission is asked for: each label, of the dataset."""
        return tuple(label(name, self.dataset) for name in self.labels.names())


def wanted_of(what: str, known: Iterable[Origin]) -> tuple[Wanted, ...]:
    """What is asked for values of one of these columns, by dataset; unclassified without any."""
    found: dict[str, LabelSet] = {}
    for origin in known:
        for dataset, labels in origin.asked:
            found[dataset] = found.get(dataset, LabelSet()).join(labels)
    of_none = {"": LabelSet(unclassified=True)}
    return tuple(Wanted(what, labels, of) for of, labels in (found or of_none).items())


def labels_of(wanted: Iterable[Wanted]) -> LabelSet:
    """Of all together."""
    return join_all(one.labels for one in wanted)


def ask(context: RunContext, wanted: Sequence[Wanted], purpose: str) -> tuple[Permit, ...]:
    """Ask whether values of these labels may be turned back for the purpose at all.

    The permits, one a label, release the keys. Raises AuthorisationDenied, which is recorded first.
    """
    resources = [resource for one in wanted for resource in one.resources]
    permits = context.permit_all(Action.REVEAL, resources, purpose)
    _require_approved(context, wanted, purpose)
    for one in wanted:
        for bounds in context.reveal_rules.bounds(one.labels):
            refusal = _refusal(bounds, purpose)
            if refusal is not None:
                _refuse(context, one.what, one.labels, None, purpose, refusal)
    return permits


def _require_approved(context: RunContext, wanted: Sequence[Wanted], purpose: str) -> None:
    try:
        context.require_approved_reveals()
    except AuthorisationDenied as denied:
        rule = Action.EXPAND_POLICY.value
        for one in wanted:
            _record(context, one.what, one.labels, None, purpose, rule, denied.code)
        raise


def admit(context: RunContext, requested: Sequence[Asked], purpose: str) -> None:
    """Count and record a request as a whole, or refuse it as a whole.

    What is asked for was ``ask``ed before. Raises AuthorisationDenied, which is recorded first,
    and LedgerUnwritable.
    """
    here, today = Counter[Quota](), Counter[Quota]()
    for one in requested:
        for labels, count in one.parts:
            bounds = context.reveal_rules.bounds(labels)
            here.update({b.request: count for b in bounds if b.request is not None})
            today.update({b.day: count for b in bounds if b.day is not None})
    for quota, count in sorted(here.items(), key=lambda pair: pair[0].rule):
        if count > quota.most:
            _refuse_all(context, requested, purpose, _Refusal("max_rows", quota.rule, quota.most))
    wanted = sorted(today.items(), key=lambda pair: pair[0].rule)
    with context.state.transaction():
        passed = context.state.reveals.take(
            context.principal.counted, wanted, hour_of(context.now())
        )
        if passed is None:
            for one in requested:
                context.ledger.append(_revealed(context, one, purpose))
    if passed is not None:
        refusal = _Refusal("max_rows_per_day", passed.rule, passed.most)
        _refuse_all(context, requested, purpose, refusal)


@contextmanager
def recording(context: RunContext, what: str, labels: LabelSet, purpose: str) -> Iterator[None]:
    """Record whatever refuses a request on the way to ``admit``, and raise it on."""
    try:
        yield
    except AuthorisationDenied:
        raise  # recorded where it was denied
    except LockgateError as error:
        _record(context, what, labels, None, purpose, "", error.code)
        raise


def hour_of(moment: datetime) -> int:
    """Hours since 1970 began, in UTC."""
    return int((moment - _EPOCH).total_seconds()) // _HOUR


@dataclass(frozen=True, slots=True)
class _Refusal:
    cause: str
    rule: str
    most: int = 0

    @property
    def message(self) -> str:
        return {
            "denied": f"what is {self.rule} may not be turned back",
            "purpose": f"the purpose is none that the reveal rule for {self.rule} allows",
            "max_rows": f"more than {self.most:,} values of {self.rule} at once",
            "max_rows_per_day": f"more than {self.most:,} values of {self.rule} within a day",
        }[self.cause]

    @property
    def hint(self) -> str:
        return {
            "denied": "`reveal:` in lockgate.yaml decides; docs/reference/reveal.md",
            "purpose": "begin --purpose with one of the words that `reveal:` lists",
            "max_rows": "ask for fewer: --rows FROM-TO",
            "max_rows_per_day": "wait, or let the owner raise max_rows_per_day in `reveal:`",
        }[self.cause]


def _refusal(bounds: Bounds, purpose: str) -> _Refusal | None:
    if bounds.denied_by:
        return _Refusal("denied", bounds.label)
    if not bounds.allows(purpose):
        return _Refusal("purpose", bounds.purposes_by)
    return None


def _refuse_all(
    context: RunContext, requested: Sequence[Asked], purpose: str, refusal: _Refusal
) -> None:
    what = ", ".join(one.what for one in requested)
    labels = join_all(one.labels for one in requested)
    _refuse(context, what, labels, sum(one.count for one in requested), purpose, refusal)


def _refuse(
    context: RunContext,
    what: str,
    labels: LabelSet,
    count: int | None,
    purpose: str,
    refusal: _Refusal,
) -> None:
    denied = AuthorisationDenied(refusal.message, hint=refusal.hint)
    _record(context, what, labels, count, purpose, f"{refusal.rule}: {refusal.cause}", denied.code)
    raise denied


def _record(
    context: RunContext,
    what: str,
    labels: LabelSet,
    count: int | None,
    purpose: str,
    rule: str,
    code: str,
) -> None:
    event = RevealRefused(
        what=what,
        labels=labels.texts(),
        count=count,
        rule=rule,
        code=code,
        rules_digest=context.reveal_rules.digest,
        **context.by(purpose),
    )
    with context.state.transaction():
        context.ledger.append(event)


def _revealed(context: RunContext, one: Asked, purpose: str) -> Revealed:
    return Revealed(
        what=one.what,
        labels=one.labels.texts(),
        count=one.count,
        key_numbers=one.key_numbers,
        rules_digest=context.reveal_rules.digest,
        **context.by(purpose),
    )
