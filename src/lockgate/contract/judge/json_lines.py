r"""JSON lines as typed columns, where a columnar parser provably reads what Pydantic reads.

A line goes this way only if it is one flat object, starts with ``{`` and ends with
``}``, holds no ``\u`` escape and is not long. Blocks of such lines are parsed against
the contract's own schema. A block that does not parse is split, and what is left of
the splitting goes to Pydantic line by line, so one bad line costs its block only.

Why line by line is safe: a line that starts with ``{`` and ends with ``}`` cannot hold
part of an object that began on another line, because ``}`` followed by ``{`` inside an
object is no JSON and a string holds no line end. So each line holds at least one
object, and as many rows as lines means exactly one each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from lockgate.contract.core_fields import FieldShape, ModelShape
from lockgate.contract.judge.column_judge import ColumnJudge
from lockgate.contract.judge.number_rules import EXACT_FLOAT
from lockgate.contract.judge.python_values import Bools, Rows, mask_of, nulls
from lockgate.contract.judge.text_bytes import byte_lengths, data_bytes, times_in

_LONGEST: Final = 4_096
_FANOUT: Final = 16
_SMALLEST: Final = 256
_OTHERS: Final = (
    (pa.string(), r"[^\s\"n]"),
    (pa.bool_(), r"[^\stfn]"),
    (pa.float64(), r"[^\s0-9n-]"),
    (pa.int64(), r"(?:[^\s0-9n-]|-?[0-9]+[.eE]|-?[0-9]{19})"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that parsed: their rows in the batch, and one array a field."""

    rows: Rows
    columns: list[pa.Array]


class JsonLines:
    """Parses the lines of one contract. None if the contract cannot go this way."""

    def __init__(self, model: ModelShape, judges: Sequence[ColumnJudge]) -> None:
        self._judges = tuple(judges)
        self._ignore = model.extra != "forbid"
        self._schema = pa.schema([pa.field(judge.shape.key, _read_type(judge)) for judge in judges])
        self._options = pj.ParseOptions(
            explicit_schema=self._schema,
            newlines_in_values=False,
            unexpected_field_behavior="ignore" if self._ignore else "error",
        )
        self._other_kind = _other_kind(self._schema)
        self._null_is_missing = [_same_without(judge.shape) for judge in judges]

    def parse(self, lines: pa.Array) -> tuple[list[Block], Rows]:
        """Blocks that parsed, and the rows that must go to Pydantic line by line."""
        plain = self._plain(lines)
        rows = np.nonzero(plain)[0]
        blocks: list[Block] = []
        kept = lines if len(rows) == len(lines) else lines.filter(pa.array(plain))
        whole = self._read(kept) if len(rows) else None
        if whole is None:
            plain &= ~mask_of(pc.match_substring_regex(lines, pattern=self._other_kind))
            rows = np.nonzero(plain)[0]
        left: list[Rows] = [np.nonzero(~plain)[0]]
        for found in [Block(rows, whole)] if whole is not None else self._split(lines, rows):
            if isinstance(found, Block):
                sure = self._sure(found)
                left.append(found.rows[~sure])
                blocks.append(_only(found, sure))
            else:
                left.append(found)
        return blocks, np.sort(np.concatenate(left))

    def _plain(self, lines: pa.Array) -> Bools:
        """Lines of the shape that both parsers read alike."""
        plain = mask_of(pc.and_(pc.starts_with(lines, "{"), pc.ends_with(lines, "}")))
        plain &= byte_lengths(lines) <= _LONGEST
        # Bytes are searched many times faster than texts: most batches have none of these.
        held = data_bytes(lines).tobytes()
        for byte, odd in ((b"\\", "\\u"), (b"\n", "\n")):
            if byte in held and odd.encode() in held:
                plain &= ~mask_of(pc.match_substring(lines, odd))
        if self._ignore:  # what is ignored is parsed all the same: keep it flat
            if b"[" in held:
                plain &= ~mask_of(pc.match_substring(lines, "["))
            if not (plain.all() and held.count(b"{") == len(lines)):
                plain &= times_in(lines, ord("{")) == 1
        return plain

    def _split(self, lines: pa.Array, rows: Rows) -> Iterator[Block | Rows]:
        if not len(rows):
            return
        columns = self._read(lines if len(rows) == len(lines) else lines.take(pa.array(rows)))
        if columns is not None:
            yield Block(rows, columns)
        elif len(rows) <= _SMALLEST:
            yield rows
        else:
            size = max(-(-len(rows) // _FANOUT), _SMALLEST)
            for start in range(0, len(rows), size):
                yield from self._split(lines, rows[start : start + size])

    def _read(self, lines: pa.Array) -> list[pa.Array] | None:
        """The lines' columns; None if they do not parse or are not one object each."""
        joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "\n")
        text = joined[0].as_buffer()
        options = pj.ReadOptions(use_threads=False, block_size=text.size + 1)
        try:
            table = pj.read_json(
                pa.BufferReader(text), read_options=options, parse_options=self._options
            )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None
        if table.num_rows != len(lines) or table.schema != self._schema:
            return None
        return [column.combine_chunks() for column in table.columns]

    def _sure(self, block: Block) -> Bools:
        """Rows in which no value was read in another way than Pydantic reads it."""
        sure = np.ones(len(block.rows), np.bool_)
        for column, same in zip(block.columns, self._null_is_missing, strict=True):
            if not same:
                sure &= ~nulls(column)
            if column.type == pa.float64():
                numbers = column.fill_null(0.0).to_numpy(zero_copy_only=False)
                sure &= np.abs(numbers) < EXACT_FLOAT
                sure &= ~((numbers == 0) & np.signbit(numbers))
        return sure


def supports(model: ModelShape, judges: Sequence[ColumnJudge]) -> bool:
    """Whether every field can be read as one JSON kind without losing what was written."""
    if model.whole_row or model.extra == "allow":
        return False
    return all(_read_type(judge) is not None for judge in judges)


def _read_type(judge: ColumnJudge) -> pa.DataType | None:
    """text as text, whole numbers, truth and, under a simple rule, doubles as such."""
    kind = judge.held.arrow_type
    if kind == pa.float64():
        return kind if judge.shape.leaf.get("type") == "float" else None
    if kind in (pa.int64(), pa.bool_()):
        return kind
    return pa.string()


def _other_kind(schema: pa.Schema) -> str:
    """A pattern for lines that seem to hold a value of another JSON kind than its column's.

    It only spares the splitting: such a line goes to Pydantic, rightly or not.
    """
    kinds: list[str] = []
    for arrow_type, other in _OTHERS:
        names = [field.name for field in schema if field.type == arrow_type]
        if names:
            keys = "|".join(re.escape(json.dumps(name, ensure_ascii=False)) for name in names)
            kinds.append(rf"(?:{keys})\s*:\s*{other}")
    return "|".join(kinds)


def _same_without(shape: FieldShape) -> bool:
    """Whether a null and a missing field are the same: None either way."""
    if not (shape.nullable and shape.has_default) or shape.default_factory:
        return False
    wrappers = shape.wrappers
    return wrappers == ("default", "nullable") and shape.default is None


def _only(block: Block, sure: Bools) -> Block:
    if sure.all():
        return block
    keep = pa.array(sure)
    return Block(block.rows[sure], [column.filter(keep) for column in block.columns])
