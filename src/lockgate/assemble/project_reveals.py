"""What a project's owner may open again: values, columns, rejected rows, sealed files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.assemble.project_file import Project
from lockgate.assemble.released_file import ALL_ROWS, RowRange
from lockgate.assemble.revealing import RevealResult, origins, reveal_file, texts_of
from lockgate.assemble.seam import guarded
from lockgate.assemble.unsealing import UnsealResult, decryption_properties, unseal
from lockgate.labels.label import NOTHING, LabelSet, join_all
from lockgate.run.context import RunContext
from lockgate.run.rejected import RejectedRows
from lockgate.run.rejected_values import values_shown
from lockgate.run.reveal import reveal_values
from lockgate.run.reveal_door import Asked, Wanted, admit, ask, recording
from lockgate.run.state_ports import QuarantineRecord


@dataclass(frozen=True, slots=True)
@guarded
class ProjectReveals:
    """Each asks for permission, keeps the rules, and is recorded before anything shows."""

    project: Project
    _context: RunContext

    def values(self, frames: Sequence[str | bytes], purpose: str) -> list[str]:
        """Single tokens and ciphertexts: text, or bytes as Parquet holds them."""
        return reveal_values(self._context, texts_of(frames), origins(self.project), purpose)

    def file(
        self,
        path: Path,
        column: str | Sequence[str],
        purpose: str,
        to: Path | None,
        rows: tuple[int, int] | None,
        fernet_of: str,
    ) -> RevealResult:
        """Columns of a released file, into a file of their own or into memory."""
        columns = [column] if isinstance(column, str) else list(column)
        wanted = ALL_ROWS if rows is None else RowRange(*rows)
        return reveal_file(
            self.project, self._context, path, columns, purpose, to, wanted, fernet_of
        )

    def rejected(
        self,
        record: QuarantineRecord,
        rejected: Iterable[RejectedRows],
        limit: int | None,
        purpose: str,
    ) -> int:
        """Admit a look at the first ``limit`` rejected rows: how many there are.

        They hold values of every column, under every label. They are counted first.
        """
        named = self.project.contracts
        contracts = {n: c for n, c in named.items() if c.id == record.contract_id}
        if record.contract_id == record.pipeline and record.pipeline in self.project.pipelines:
            sources = self.project.pipelines[record.pipeline].sources  # rows of all of them
            contracts |= {source.contract: named[source.contract] for source in sources}
        now: dict[str, LabelSet] = {}
        for column in (column for contract in contracts.values() for column in contract.columns):
            now[column.name] = column.labels.join(now.get(column.name, NOTHING))
        what = f"rejected rows of {record.pipeline}"
        with recording(self._context, what, join_all(now.values()), purpose):
            shown = values_shown(rejected, now, limit)
        wanted = Wanted(what, shown.labels, *contracts if len(contracts) == 1 else ())
        ask(self._context, [wanted], purpose)
        asked = Asked(what, shown.parts, (record.key_number,))
        admit(self._context, [asked], purpose)
        return shown.rows

    def sealed(self, path: Path, purpose: str, to: Path) -> UnsealResult:
        """A sealed file, into a plain one."""
        return unseal(self.project, self._context, path, purpose, to)

    def decryption_properties(self, path: Path | str, *, purpose: str) -> Any:
        """What ``pyarrow.parquet`` takes to read a sealed Parquet file where it lies.

        ``pq.read_table(path, decryption_properties=...)``. Recorded as an unsealing.
        """
        return decryption_properties(self.project, self._context, Path(path), purpose)
