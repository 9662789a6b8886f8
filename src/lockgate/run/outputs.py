"""The contract of what a sink receives: labels do not die at a sink."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from lockgate.contract.to_odcs import OutputColumn, output_contract
from lockgate.plan.checked_plan import PlannedColumn, PlannedSink
from lockgate.plan.form import form_of
from lockgate.protect.treatment import TreatmentKeys


def sink_contract(
    pipeline: str,
    sink: PlannedSink,
    dataset: str,
    version: str,
    keys: Mapping[str, TreatmentKeys],
    sealing: Mapping[str, str | int],
) -> Mapping[str, object]:
    """ODCS document of one sink's output: types, states as labels, domains and key numbers.

    ``dataset`` is what the rows were read as, ``version`` that of its contract, ``sealing`` what a
    session says of how it seals its files.
    """
    columns = [
        made
        for planned in sink.columns
        for made in _output_columns(planned, sink, keys.get(planned.name))
    ]
    name = f"{pipeline}-{sink.name}"
    return output_contract(
        id=f"{dataset}.{name}", name=name, version=version, columns=columns, about=sealing
    )


def _output_columns(
    planned: PlannedColumn, sink: PlannedSink, keys: TreatmentKeys | None
) -> list[OutputColumn]:
    treatment = planned.treatment

    told = treatment.describe() if treatment is not None else {}

    def column(field: pa.Field, number: int, *, first: bool = True) -> OutputColumn:
        labels = planned.labels
        if treatment is not None:
            labels = treatment.state(planned.labels, planned.domain, number)
        return OutputColumn(
            name=field.name,
            column_id=planned.column_id,
            arrow_type=field.type,
            labels=labels,
            source_contract=planned.dataset,
            domain=planned.domain,
            key_number=number,
            treatment=treatment.name if treatment else "",
            nullable=planned.nullable,
            influence=planned.influence,
            alphabet=told.get("alphabet", ""),
            shred=told.get("shred", "") if first else "",
            record=planned.record if first else (),
        )

    if treatment is None:
        return [column(pa.field(planned.name, planned.arrow_type), 0)]
    fields = treatment.output_fields(planned.name, planned.arrow_type, form_of(sink.format))
    numbers = (keys.number, keys.index_number) if keys else (0, 0)
    return [column(field, numbers[min(i, 1)], first=not i) for i, field in enumerate(fields)]
