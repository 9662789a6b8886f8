"""Only the gate mints a ReleasedBatch."""

from __future__ import annotations

import copy
import pickle

import pyarrow as pa
import pytest

from lockgate.errors import IntegrityError
from lockgate.plan.released_batch import ReleasedBatch, mint

BATCH = pa.record_batch({"a": ["clear"]})


def test_forging_a_released_batch_is_refused() -> None:
    with pytest.raises(IntegrityError):
        ReleasedBatch(object(), BATCH, "digest", "sink", "zone")


def test_a_released_batch_cannot_be_changed_copied_or_pickled() -> None:
    released = mint(BATCH, "digest", "sink", "zone")
    with pytest.raises(AttributeError):
        released.sink = "elsewhere"
    with pytest.raises(TypeError):
        pickle.dumps(released)
    with pytest.raises(TypeError):
        copy.copy(released)


def test_its_repr_shows_no_value() -> None:
    assert "clear" not in repr(mint(BATCH, "digest", "sink", "zone"))
