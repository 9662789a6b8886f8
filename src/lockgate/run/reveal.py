"""Turning protected values back: for a purpose, with permission, recorded before anything shows.

A ciphertext opens only at its place (contract and column). Tokens open by their key domain; so do
surrogates (``fpe``), whose column says which key and alphabet they were made with. What comes out
is the canonical value, as text or in a column's own type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from lockgate.access.decide import Action
from lockgate.errors import IntegrityError, KeyUnavailable
from lockgate.kernel.decode import decode
from lockgate.kernel.ff1 import Alphabet, Ff1
from lockgate.kernel.frame import ALGORITHM_CIPHERTEXT
from lockgate.labels.label import LabelSet, join_all
from lockgate.ledger.event import Revealed
from lockgate.protect.fpe import open_surrogates
from lockgate.protect.reveal import open_frames
from lockgate.protect.treatment import Place
from lockgate.run.context import RunContext


@dataclass(frozen=True, slots=True)
class Origin:
    """A column that values may have come from.

    ``domains`` are the key domains its values may be under; ``labels`` what a reveal needs
    permission for, which for tokens is every label of the domain.
    """

    name: str
    place: Place
    domains: frozenset[str]
    labels: LabelSet


@dataclass(frozen=True, slots=True)
class Made:
    """How a column of surrogates was made, as its contract says; not to be believed."""

    key_number: int
    alphabet: Alphabet


def permit(context: RunContext, labels: LabelSet, purpose: str) -> None:
    """Ask for the ``reveal`` permission of every label. Raises AuthorisationDenied."""
    for label in labels.texts():
        context.permit(Action.REVEAL, label, purpose)


def reveal_column(
    context: RunContext,
    frames: Callable[[], Iterator[pa.Array]],
    origin: Origin,
    arrow_type: pa.DataType,
    purpose: str,
) -> Iterator[pa.Array]:
    """Open a column's frames, batch by batch, into ``arrow_type``; null stays null.

    ``frames`` is read twice: once to record how many values and which keys, then to open them.
    What says where a column came from stands in a file beside the data, so it is not believed:
    a frame under a key of another domain than the column's is refused. Raises IntegrityError.
    """
    permit(context, origin.labels, purpose)
    count, numbers = 0, set[int]()
    for array in frames():
        count += len(array) - array.null_count
        numbers |= {number for _, number in context.kernel.frame_headers(array)}
    _refuse_foreign(context, numbers, origin)
    _record(context, origin.name, origin.labels, count, numbers, purpose)
    for array in frames():
        yield decode(_open(context, array, origin.place), arrow_type)


def reveal_surrogates(
    context: RunContext,
    values: Callable[[], Iterator[pa.Array]],
    origin: Origin,
    made: Made,
    arrow_type: pa.DataType,
    purpose: str,
) -> Iterator[pa.Array]:
    """Open a column of ``fpe``, batch by batch, into ``arrow_type``; null stays null.

    ``values`` is read twice, as in ``reveal_column``. A surrogate carries no key number and no
    tag: ``made`` says which key, which must be of the column's own domain, and an altered value
    opens to another one. Raises IntegrityError for what no surrogate can look like.
    """
    permit(context, origin.labels, purpose)
    _refuse_foreign(context, {made.key_number}, origin)
    domain = context.keyring.domain_of(made.key_number)
    count, refused = 0, 0
    for array in values():
        count += len(array) - array.null_count
        fits = context.kernel.ff1_fits(array, Ff1(made.alphabet, b""))
        refused += 0 if fits is None else fits.false_count
    if refused:
        raise IntegrityError(
            f"{refused} of {count} values of column {origin.name} are not what fpe makes",
            hint="the file, or the contract beside it, was changed",
        )
    _record(context, origin.name, origin.labels, count, {made.key_number}, purpose)
    for array in values():
        yield open_surrogates(
            array, context.kernel, context.keyring, domain, made.key_number, made.alphabet
        ).cast(arrow_type)


def reveal_values(
    context: RunContext, frames: Sequence[str], origins: Sequence[Origin], purpose: str
) -> list[str]:
    """Open single text frames; a ciphertext is tried at each of ``origins``.

    Raises IntegrityError if a frame opens nowhere, with its number among those given.
    """
    numbers = {number for _, number in context.kernel.frame_headers(pa.array(frames, pa.string()))}
    opened = [_open_one(context, f, origins, n, purpose) for n, f in enumerate(frames, 1)]
    labels = join_all(labels for _, labels in opened)
    _record(context, "single values", labels, len(opened), numbers, purpose)
    return [value for value, _ in opened]


def _open_one(
    context: RunContext, frame: str, origins: Sequence[Origin], position: int, purpose: str
) -> tuple[str, LabelSet]:
    array = pa.array([frame], pa.string())
    ((algorithm, number),) = context.kernel.frame_headers(array)
    domain = context.keyring.domain_of(number)
    known = [origin for origin in origins if domain in origin.domains]
    if algorithm != ALGORITHM_CIPHERTEXT:
        labels = join_all(o.labels for o in known) if known else LabelSet(unclassified=True)
        permit(context, labels, purpose)
        return _text(_open(context, array, None)), labels
    for origin in known:
        try:
            opened = _open(context, array, origin.place)
        except IntegrityError:
            continue
        permit(context, origin.labels, purpose)
        return _text(opened), origin.labels
    raise IntegrityError(
        f"value {position} opens at no column of this project's contracts",
        hint="it was changed, or it belongs to a contract or column that this project lacks",
    )


def _refuse_foreign(context: RunContext, numbers: set[int], origin: Origin) -> None:
    if {context.keyring.domain_of(number) for number in numbers} - origin.domains:
        raise IntegrityError(
            f"the file's values are not of column {origin.name}: they are under other keys",
            hint="its contract was changed, or the file is not where it was released",
        )


def _open(context: RunContext, frames: pa.Array, place: Place | None) -> pa.BinaryArray:
    keyring = context.keyring
    return open_frames(frames, context.kernel, keyring, keyring.domain_of, place)


def _record(
    context: RunContext,
    what: str,
    labels: LabelSet,
    count: int,
    numbers: set[int],
    purpose: str,
) -> None:
    event = Revealed(
        what=what,
        labels=labels.texts(),
        count=count,
        key_numbers=tuple(sorted(numbers)),
        **context.by(purpose),
    )
    with context.state.transaction():
        context.ledger.append(event)


def _text(opened: pa.BinaryArray) -> str:
    try:
        return str(opened.cast(pa.string())[0].as_py())
    except pa.ArrowInvalid:
        raise KeyUnavailable("the value is binary", hint="reveal it from its file") from None
