"""The only thing a sink takes. Only the gate mints one (held by an architecture test)."""

from __future__ import annotations

from typing import Final, final

import pyarrow as pa

from lockgate.errors import IntegrityError

_SEAL: Final = object()


@final
class ReleasedBatch:
    """Judged, protected rows for one sink of one plan."""

    __slots__ = ("_seal", "batch", "plan_digest", "sink", "zone")

    _seal: object

    batch: pa.RecordBatch
    plan_digest: str
    sink: str
    zone: str

    def __init__(
        self, seal: object, batch: pa.RecordBatch, plan_digest: str, sink: str, zone: str
    ) -> None:
        if seal is not _SEAL:
            raise IntegrityError("a released batch comes from the gate only")
        object.__setattr__(self, "_seal", seal)
        object.__setattr__(self, "batch", batch)
        object.__setattr__(self, "plan_digest", plan_digest)
        object.__setattr__(self, "sink", sink)
        object.__setattr__(self, "zone", zone)

    def __init_subclass__(cls) -> None:
        raise TypeError("a released batch has no other kinds")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a released batch is frozen")

    def __reduce__(self) -> str:
        raise TypeError("a released batch cannot be pickled or copied")

    def __repr__(self) -> str:
        return f"ReleasedBatch(sink={self.sink!r}, zone={self.zone!r}, rows={self.batch.num_rows})"


def mint(batch: pa.RecordBatch, plan_digest: str, sink: str, zone: str) -> ReleasedBatch:
    """Make a released batch. ``run.edge`` is the only caller."""
    return ReleasedBatch(_SEAL, batch, plan_digest, sink, zone)


def is_minted(batch: object) -> bool:
    """Whether ``batch`` is a ReleasedBatch, of that very type, that the gate minted."""
    return type(batch) is ReleasedBatch and getattr(batch, "_seal", None) is _SEAL
