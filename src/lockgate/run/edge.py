"""The outer edge of the gate: treatments are applied, and what may leave is minted.

Which treatment a column gets was proven before (flow.check); keys are derived when the edge is
made, so a missing key refuses the run before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

from lockgate.errors import IntegrityError, KernelError, TreatmentFailed
from lockgate.kernel.interface import Kernel, Normaliser
from lockgate.kernel.subjects import Subjects
from lockgate.labels.label import State, StateKind
from lockgate.plan.checked_plan import CheckedPlan, PlannedColumn, PlannedSink
from lockgate.plan.digest import plan_digest
from lockgate.plan.form import form_of
from lockgate.plan.released_batch import ReleasedBatch, mint
from lockgate.protect.encrypt import Encrypt
from lockgate.protect.fitting import both, fitting
from lockgate.protect.plain import plain
from lockgate.protect.shapes import looks_like
from lockgate.protect.ties import UNTIED, Ties, records_of
from lockgate.protect.treatment import Form, KeyRing, Place, Treatment, TreatmentKeys
from lockgate.run.subject_salts import SubjectSalts

PROTECTED = {b"lockgate.protected": b"1"}
Demand = tuple[tuple[str, str], Callable[[], pa.BooleanArray | None]]
"""A column and the reason of a rejection, and which values are as they must be; None if all."""
Whose = tuple[str, str]
"""A subject column of the rows, and its key domain."""
NOBODY: Mapping[Whose, Subjects] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Column:
    planned: PlannedColumn
    place: Place
    treatment: Treatment | None
    keys: TreatmentKeys | None
    fields: tuple[pa.Field, ...]
    normaliser: Normaliser | None
    states: tuple[StateKind, ...] = ()

    def fits(self, made: tuple[pa.Array, ...], rows: int) -> bool:
        """Whether a treatment made as many rows as it was given, of the types it declared."""
        if len(made) != len(self.fields):
            return False
        pairs = zip(made, self.fields, strict=True)
        return all(len(array) == rows and array.type == field.type for array, field in pairs)


class Edge:
    """The sinks of a checked plan with their keys: ``rows -> ReleasedBatch``. Safe across threads.

    It takes rows that were judged: by the gate that it belongs to, or before steps made others of
    them.
    """

    def __init__(
        self,
        plan: CheckedPlan,
        kernel: Kernel,
        ring: KeyRing,
        day: date,
        never_null: frozenset[str] = frozenset(),
        salts: SubjectSalts | None = None,
    ) -> None:
        """``day`` is the one that ages are counted to.

        ``never_null`` names columns of the rows that hold no null: what steps made promises none.
        ``salts`` is for plans that protect under subjects' keys. Raises KeyUnavailable,
        IntegrityError.
        """
        if plan.digest != plan_digest(plan):
            raise IntegrityError("the plan is not the one that was proven: its digest is another's")
        self._digest = plan.digest
        self._kernel = kernel
        self._sinks = {
            sink.name: (sink, form_of(sink.format), _columns(sink, ring, day, never_null))
            for sink in plan.sinks
        }
        self._salts = _prepared(plan, salts)
        every = (column for sink in plan.sinks for column in sink.columns)
        self._whose = sorted({(one.subject, one.subject_domain) for one in every if one.subject})
        self.schemas: Mapping[str, pa.Schema] = MappingProxyType(
            {
                name: pa.schema([field for column in columns for field in column.fields])
                for name, (_, _, columns) in self._sinks.items()
            }
        )

    @property
    def key_numbers(self) -> tuple[int, ...]:
        """Numbers of the key versions this edge protects with, in order."""
        found = set()
        for _, _, columns in self._sinks.values():
            for column in columns:
                if column.keys is not None:
                    found |= {column.keys.number, column.keys.index_number} - {0}
        return tuple(sorted(found))

    def column_keys(self, sink: str) -> Mapping[str, TreatmentKeys]:
        """Treatment keys by planned column name, for the output's contract."""
        return {c.planned.name: c.keys for c in self._sinks[sink][2] if c.keys is not None}

    def demands(self, rows: pa.RecordBatch) -> Iterator[Demand]:
        """What every sink demands of the values of its columns, each once."""
        for name in self._sinks:
            yield from self._demands_of(name, rows)

    def _demands_of(self, name: str, rows: pa.RecordBatch) -> Iterator[Demand]:
        columns = self._sinks[name][2]
        sources = {column.planned.name: column.planned.source for column in columns}
        for column in columns:
            values = rows.column(column.planned.source)
            for kind, fits in _demands(column, values, self._kernel):
                yield (column.planned.source, kind), fits
            yield from self._tie_demands(column.planned, values, rows, sources)

    def _tie_demands(
        self,
        planned: PlannedColumn,
        values: pa.Array,
        rows: pa.RecordBatch,
        sources: Mapping[str, str],
    ) -> Iterator[Demand]:
        """A value that is there is somebody's whom one can tell, and in a row with a whole key."""
        if planned.subject and self._salts is not None:
            subjects = rows.column(planned.subject)
            normaliser = self._salts.normaliser(planned.subject_domain)
            known = partial(_known, values, subjects, self._kernel, normaliser)
            yield (planned.source, "no_subject"), known
        for name in planned.record:
            yield (
                (planned.source, "no_record"),
                partial(_beside, values, rows.column(sources[name])),
            )

    def subjects(self, rows: pa.RecordBatch) -> Mapping[Whose, Subjects]:
        """The salts of the rows' subjects, for ``release``; new subjects get one, durably.

        One look into the store a batch and subject column. Raises KeyUnavailable, IntegrityError,
        EnvironmentFailed.
        """
        if self._salts is None:
            return {}
        return {
            (name, domain): self._salts.to_protect(rows.column(name), domain)
            for name, domain in self._whose
            if name in rows.schema.names
        }

    def release(
        self, name: str, rows: pa.RecordBatch, subjects: Mapping[Whose, Subjects] = NOBODY
    ) -> ReleasedBatch:
        """Protect rows whose values are known to be as the sink ``name`` demands.

        ``subjects`` are those of the very rows. Raises TreatmentFailed if a treatment breaks its
        word, IntegrityError for a null in a column that never has one.
        """
        sink, form, columns = self._sinks[name]
        made: dict[str, tuple[pa.Array, ...]] = {}
        for column in sorted(columns, key=lambda column: bool(column.planned.record)):
            planned = column.planned
            values = rows.column(planned.source)
            if column.treatment is None:
                made[planned.name] = (values,)
                continue
            keys = [made[key][0] for key in planned.record]  # as they stand in the output
            records = records_of(keys, self._kernel) if keys else None
            whose = subjects.get((planned.subject, planned.subject_domain))
            ties = Ties(whose, records) if planned.subject or keys else UNTIED
            made[planned.name] = self._treat(column, column.treatment, values, form, ties)
        arrays = [array for column in columns for array in made[column.planned.name]]
        schema = self.schemas[name]
        for array, field in zip(arrays, schema, strict=True):
            if array.null_count and not field.nullable:
                raise IntegrityError(f"column {field.name} has null where no accepted row has one")
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        return mint(batch, self._digest, sink.name, sink.zone)

    def release_derived(self, name: str, rows: pa.RecordBatch) -> ReleasedBatch:
        """Protect rows that steps made. Raises TreatmentFailed for a value it cannot take.

        Nobody judged these values, so there is no row to reject: the run is given up.
        """
        for (column, kind), fits in self._demands_of(name, rows):
            mask = fits()
            if mask is not None and not pc.all(mask, min_count=0).as_py():
                raise TreatmentFailed(
                    f"a step gave column {column} values that zone {self._sinks[name][0].zone} "
                    f"cannot take ({kind})",
                    hint="let the step leave out or mend such values",
                )
        return self.release(name, rows, self.subjects(rows))

    def _treat(
        self, column: _Column, treatment: Treatment, values: pa.Array, form: Form, ties: Ties
    ) -> tuple[pa.Array, ...]:
        given = (values, self._kernel, column.keys, column.place, form)
        try:
            if isinstance(treatment, Encrypt):
                made = treatment.apply_tied(*given, ties)
            else:
                made = treatment.apply(*given)
        except KernelError as error:
            raise TreatmentFailed(
                f"{treatment.name} failed on column {column.planned.name}: {error.message}"
            ) from None
        if not column.fits(made, len(values)):
            raise TreatmentFailed(
                f"treatment of column {column.planned.name} gave another shape than it declared"
            )
        return made


def _demands(
    column: _Column, values: pa.Array, kernel: Kernel
) -> Iterator[tuple[str, Callable[[], pa.BooleanArray | None]]]:
    """What the column's values must be, by the reason of a rejection: treatable, or treated."""
    treatment = column.treatment
    if treatment is not None:
        yield (
            f"not_treatable_{treatment.name}",
            partial(treatment.treatable, values, kernel, column.normaliser),
        )
    for state in column.states:
        yield f"not_{state.value}", partial(looks_like, values, state)


def _known(
    values: pa.Array, subjects: pa.Array, kernel: Kernel, normaliser: Normaliser
) -> pa.BooleanArray | None:
    """Which values are null, or beside a subject that has an index."""
    fits = fitting(subjects, kernel, normaliser, deterministic=True)
    return both(_beside(values, subjects), None if fits is None else pc.or_(fits, _null(values)))


def _beside(values: pa.Array, keys: pa.Array) -> pa.BooleanArray | None:
    """Which values are null, or beside a key that is not; None if all."""
    fits = pc.or_(pc.invert(_null(keys)), _null(values))
    return None if pc.all(fits, min_count=0).as_py() else fits


def _null(values: pa.Array) -> pa.BooleanArray:
    return plain(values).is_null()


def _prepared(plan: CheckedPlan, salts: SubjectSalts | None) -> SubjectSalts | None:
    """The salts, ready for every key domain of the plan's subjects; None if it has none."""
    domains = {column.subject_domain for sink in plan.sinks for column in sink.columns} - {""}
    if not domains:
        return None
    if salts is None:
        raise IntegrityError("the plan protects under subjects' keys, and nobody keeps their salts")
    return salts.prepare(sorted(domains))


def _columns(
    sink: PlannedSink, ring: KeyRing, day: date, never_null: frozenset[str]
) -> tuple[_Column, ...]:
    form = form_of(sink.format)
    made = []
    for planned in sink.columns:
        place = Place(planned.dataset, planned.column_id)
        nullable = planned.source not in never_null
        if planned.treatment is None:
            fields: tuple[pa.Field, ...] = (pa.field(planned.name, planned.arrow_type, nullable),)
            kinds = {mark.kind for mark in planned.labels if isinstance(mark, State)}
            made.append(_Column(planned, place, None, None, fields, None, tuple(sorted(kinds))))
            continue
        treatment = planned.treatment.at(day)
        keys = treatment.derive_keys(ring, planned.domain, place)
        fields = treatment.output_fields(planned.name, planned.arrow_type, form)
        fields = tuple(field.with_nullable(nullable).with_metadata(PROTECTED) for field in fields)
        made.append(
            _Column(planned, place, treatment, keys, fields, keys.normaliser if keys else None)
        )
    return tuple(made)
