"""Where the demonstration speaks: numbered scenes, short sentences, tables of one look."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rich.table import Table
from rich.text import Text

from lockgate.cli.face import Face
from lockgate.cli.screen import cell

LONGEST = 100


@dataclass(slots=True)
class Stage:
    """Prints unless quiet or asked for JSON; keeps the facts either way."""

    face: Face
    facts: dict[str, Any] = field(default_factory=dict)
    scenes: int = 0

    @property
    def seen(self) -> bool:
        """Whether anybody reads the text."""
        return not (self.face.quiet or self.face.as_json)

    def scene(self, title: str) -> None:
        """Begin the next numbered scene."""
        self.scenes += 1
        if self.seen:
            out = self.face.out
            width = min(out.width, LONGEST)
            head = (
                f"-- {self.scenes}  {title} "
                if _plain(out.encoding)
                else f"── {self.scenes}  {title} "
            )
            line = "-" if _plain(out.encoding) else "─"
            out.print()
            out.print(cell(head + line * max(width - len(head), 0), "bold blue"))

    def tell(self, text: str, style: str = "") -> None:
        """A sentence or two, wrapped."""
        if self.seen:
            self.face.out.print(cell(text, style), width=min(self.face.out.width, LONGEST))

    def show(self, table: Table | Text) -> None:
        """A table or a line made elsewhere."""
        if self.seen:
            self.face.out.print(table, width=min(self.face.out.width, LONGEST))

    def command(self, line: str, comment: str = "") -> None:
        """A command as one would type it."""
        self.show(
            cell("  $ ", "dim")
            + cell(line, "cyan")
            + cell(f"   {comment}" if comment else "", "dim")
        )


def _plain(encoding: str) -> bool:
    return not encoding.lower().startswith("utf")
