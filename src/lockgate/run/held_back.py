"""The rows of a guarded aggregation, and how many groups were held back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from lockgate.errors import StepFailed


class HeldBack:
    """Takes the last row of a guarded query (`flow.sql.guarded`) away, and the extra column.

    ``groups`` is the number of groups that were held back, None until all rows were taken.
    """

    def __init__(self, step: str, column: str) -> None:
        self.groups: int | None = None
        self._step = step
        self._column = column

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """The columns of the rows that are told. Raises StepFailed if the extra one is not last."""
        if not schema.names or schema.names[-1] != self._column:
            raise StepFailed(f"step {self._step}: an aggregation came without its count of groups")
        return schema.remove(len(schema) - 1)

    def told(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The rows that are told. Raises StepFailed unless the very last row was the count."""
        for batch in batches:
            schema = self.schema(batch.schema)
            counts = batch.column(batch.num_columns - 1)
            ends = len(counts) - counts.null_count
            if batch.num_rows and (self.groups is not None or ends > 1):
                raise StepFailed(f"step {self._step}: rows came after the count of groups")
            if ends:
                if not counts[-1].is_valid:
                    raise StepFailed(f"step {self._step}: rows came after the count of groups")
                self.groups = counts[-1].as_py()
            rows = batch.num_rows - ends
            if rows:
                yield pa.RecordBatch.from_arrays(batch.columns[:-1], schema=schema).slice(0, rows)
        if self.groups is None:
            raise StepFailed(f"step {self._step}: an aggregation came without its count of groups")
