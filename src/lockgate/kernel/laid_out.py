"""Whether an array is laid out as its type says. One that is not must not be read at all."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from lockgate.kernel import refusals

_BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
_OFFSETS = (*_BYTES, *_BYTES.values())
_VIEWS = (pa.string_view(), pa.binary_view())
_INLINE = 12


def require_laid_out(values: pa.Array, *, rows: bool = True) -> None:
    """Raises KernelError where buffers are too short, or positions point outside of the values.

    ``rows`` looks at every offset and view; without it their reader does. Positions of a
    dictionary and ends of runs are always looked at: Arrow's own kernels trust them.
    """
    if not _is_laid_out(values, rows):
        raise refusals.malformed()


def _is_laid_out(values: pa.Array, rows: bool) -> bool:
    kind = values.type
    try:
        values.validate()
        if rows and kind in _OFFSETS:
            # As bytes: whether text is UTF-8 is another question.
            values.view(_BYTES.get(kind, kind)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    if rows and kind in _VIEWS:
        return _views_inside(values)
    if pt.is_dictionary(kind):
        return _points_inside(values) and _is_laid_out(values.dictionary, True)
    if pt.is_run_end_encoded(kind):
        return _ends_rise(values) and _is_laid_out(values.values, True)
    return True


def _views_inside(values: pa.Array) -> bool:
    """Views of rows that are there: inline, or in a buffer that is there and long enough."""
    _, held, *buffers = values.buffers()
    words = np.frombuffer(held, np.int32).reshape(-1, 4)[values.offset :][: len(values)]
    valid = values.is_valid().to_numpy(zero_copy_only=False)
    # Negative numbers are high ones without sign: no buffer is as long.
    long = words[valid].view(np.uint32).astype(np.int64)
    long = long[long[:, 0] > _INLINE]
    sizes = np.array([len(buffer) for buffer in buffers] or [-1])
    found = np.minimum(long[:, 2], len(sizes) - 1)
    inside = (long[:, 2] < len(buffers)) & (long[:, 0] + long[:, 3] <= sizes[found])
    return bool(inside.all())


def _points_inside(values: pa.DictionaryArray) -> bool:
    if values.null_count == len(values):
        return True
    ends = pc.min_max(values.indices)
    return bool(ends["min"].as_py() >= 0 and ends["max"].as_py() < len(values.dictionary))


def _ends_rise(values: pa.Array) -> bool:
    ends = values.run_ends.to_numpy()
    if len(ends) == 0:
        return len(values) == 0
    last = values.offset + len(values)
    return bool(ends[0] > 0 and (ends[1:] > ends[:-1]).all() and ends[-1] >= last)
