"""SQL steps in DuckDB: a fresh, locked database for each, inputs streamed in, rows streamed out."""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import partial

import duckdb
import pyarrow as pa

from lockgate.adapters.engines.local.bounds import require_bounded
from lockgate.adapters.engines.local.column_types import require_inputs, require_outputs
from lockgate.adapters.engines.local.connection import open_locked
from lockgate.adapters.engines.local.deadline import Deadline
from lockgate.adapters.engines.local.faults import binding_fault, fault_of, too_long
from lockgate.adapters.engines.local.statement import require_select
from lockgate.errors import LockgateError, StepRefused
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.run.step_ports import Spool


class _Streamed:
    """An input as DuckDB sees it: each scan is a new reader. Keeps what reading failed with."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.failed: LockgateError | None = None

    def __arrow_c_schema__(self) -> object:
        return self._spool.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        reader = pa.RecordBatchReader.from_batches(self._spool.schema, self._batches())
        return reader.__arrow_c_stream__(requested_schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._spool.reader()
        except LockgateError as error:
            self.failed = error
            raise


class DuckDbEngine:
    """The StepEngine over DuckDB. Safe for several threads."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._lock = threading.Lock()
        self._binder: duckdb.DuckDBPyConnection | None = None

    def types(self, step: str, sql: str, inputs: Mapping[str, pa.Schema]) -> pa.Schema:
        """See StepEngine. One empty database serves every call: there are no rows in it."""
        for name, schema in inputs.items():
            require_inputs(step, name, schema)
        with self._lock:
            if self._binder is None:
                self._binder = open_locked(self._limits)
            for name, schema in inputs.items():
                self._binder.register(name, schema.empty_table())
            try:
                require_select(self._binder, step, sql, inputs, self._limits)
                schema = _bound(self._binder, step, sql, _columns(inputs.values()))
            finally:
                for name in inputs:
                    self._binder.unregister(name)
        return schema

    def close(self) -> None:
        """Let the database go that ``types`` binds in."""
        with self._lock:
            if self._binder is not None:
                self._binder.close()
                self._binder = None

    def run(
        self, step: str, sql: str, inputs: Mapping[str, Spool], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        """See StepEngine."""
        for name, spool in inputs.items():
            require_inputs(step, name, spool.schema)
        connection = open_locked(self._limits)
        try:
            streams = {name: _Streamed(spool) for name, spool in inputs.items()}
            for name, stream in streams.items():
                connection.register(name, stream)
            require_select(connection, step, sql, inputs, self._limits)
            found = _bound(connection, step, sql, _columns(s.schema for s in inputs.values()))
            if not found.equals(schema):
                raise StepRefused(f"step {step}: the engine gives other columns than were planned")
            yield from self._computed(connection, step, sql, streams, schema)
        finally:
            connection.close()

    def _computed(
        self,
        connection: duckdb.DuckDBPyConnection,
        step: str,
        sql: str,
        streams: Mapping[str, _Streamed],
        schema: pa.Schema,
    ) -> Iterator[pa.RecordBatch]:
        limits = self._limits
        deadline = Deadline(limits.step_seconds, connection.interrupt)
        reader: pa.RecordBatchReader | None = None
        rows = size = 0
        while True:
            failed: LockgateError | None = None
            batch: pa.RecordBatch | None = None
            try:
                if reader is None:
                    reader = deadline.watch(partial(_opened, connection, sql, limits))
                batch = deadline.watch(partial(next, reader, None))
            except (duckdb.Error, pa.ArrowException, OSError, MemoryError, ValueError) as error:
                failed = _read_failure(streams) or fault_of(step, error, limits)
            if deadline.passed:
                failed = too_long(step, limits)
            if failed is not None:  # raised out here, where no exception of the engine is near
                raise failed
            if batch is None:
                return
            rows += batch.num_rows
            size += batch.nbytes
            require_bounded(step, batch, rows, size, limits)
            yield batch.cast(schema) if batch.schema != schema else batch


def _opened(
    connection: duckdb.DuckDBPyConnection, sql: str, limits: Limits
) -> pa.RecordBatchReader:
    return connection.sql(sql).to_arrow_reader(limits.batch_rows)


def _read_failure(streams: Mapping[str, _Streamed]) -> LockgateError | None:
    return next((one.failed for one in streams.values() if one.failed is not None), None)


def _columns(schemas: Iterable[pa.Schema]) -> frozenset[str]:
    return frozenset(name for schema in schemas for name in schema.names)


def _bound(
    connection: duckdb.DuckDBPyConnection, step: str, sql: str, columns: Container[str]
) -> pa.Schema:
    """The result's Arrow schema without computing anything, constants neither.

    The binder gives DuckDB's types; a row of typed NULLs shows what they are in Arrow.
    """
    why = ""
    try:
        bound = connection.sql(sql)
        if len(set(bound.columns)) != len(bound.columns):
            raise StepRefused(f"step {step}: two columns have one name", hint="name them with AS")
        nulls = ", ".join(f"CAST(NULL AS {kind})" for kind in bound.types)
        shown = connection.sql(f"SELECT {nulls}").to_arrow_reader(1).read_all().schema
        named = zip(bound.columns, shown.types, strict=True)
        schema = pa.schema([pa.field(name, kind) for name, kind in named])
        require_outputs(step, schema, bound.types)
        return schema
    except (duckdb.Error, pa.ArrowException) as error:
        why = binding_fault(error, columns)
    raise StepRefused(
        f"step {step}: the engine does not take the statement: {why}",
        hint="its own message is not shown: it may quote what the statement holds",
    )
