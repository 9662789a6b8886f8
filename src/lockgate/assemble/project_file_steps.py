"""sources and steps of a pipeline in the project's files."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.adapters.connectors.files.paths import PRIVATE_FOLDER
from lockgate.assemble.project_file_model import (
    AggregateSection,
    DeclassifySection,
    SourceSection,
    StepSection,
)
from lockgate.assemble.project_file_problems import Problems
from lockgate.assemble.yaml_document import Document, Key
from lockgate.errors import Position
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import (
    SOURCE_NAME,
    Aggregation,
    Declassification,
    FileFormat,
    SourceSpec,
    StepKind,
    StepSpec,
)
from lockgate.pipeline.reserved import RESERVED

_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAME_HINT = "a letter, then lower-case letters, digits and _: SQL calls it so"


@dataclass(frozen=True, slots=True)
class StepReader:
    """Reads what stands between a pipeline's name and its sinks; problems are noted, not raised."""

    document: Document
    problems: Problems
    folder: Path
    limits: Limits = DEFAULT_LIMITS

    def sources(self, data: Any, path: tuple[Key, ...]) -> list[SourceSpec]:
        """``sources``, one by one."""
        found = []
        for name, item in data.items() if isinstance(data, dict) else ():
            at = (*path, name)
            self._check_name(name, at)
            section = self.problems.model(SourceSection, item, self.document, at)
            if section is not None:
                found.append(source_of(section, self.document.locate(at), name))
        return found

    def steps(self, data: Any, path: tuple[Key, ...]) -> list[StepSpec]:
        """``steps``, one by one."""
        found = []
        for name, item in data.items() if isinstance(data, dict) else ():
            at = (*path, name)
            self._check_name(name, at)
            section = self.problems.model(StepSection, item, self.document, at)
            step = None if section is None else self._step(name, section, at)
            found += [] if step is None else [step]
        return found

    def _step(self, name: str, section: StepSection, at: tuple[Key, ...]) -> StepSpec | None:
        where = self.document.locate(at)
        written = [w for w in (section.sql, section.file, section.python) if w is not None]
        if len(written) != 1:
            hint = "sql: SELECT ..., or file: steps/NAME.sql, or python: module:function"
            self.problems.add("a step is written in one way", where, hint)
            return None
        if section.python is not None:
            return self._python(name, section, at, where)
        if section.inputs:
            hint = "its FROM says what it reads"
            self.problems.add("inputs are for steps in Python", where, hint)
        text, start = section.sql or "", self.document.texts.get((*at, "sql"))
        if section.file is not None:
            text, start = self._file(section.file, (*at, "file")), Position(section.file, 1, 1)
        return StepSpec(
            name,
            StepKind.SQL,
            text,
            aggregation=self._aggregation(section.aggregate, at),
            declassified=self._claims(section.declassify, at),
            where=where,
            text_where=start,
        )

    def _python(
        self, name: str, section: StepSection, at: tuple[Key, ...], where: Position
    ) -> StepSpec:
        if not section.inputs:
            self.problems.add("a step in Python says what it reads", where, "inputs: [NAME]")
        if section.aggregate is not None:
            hint = "write the aggregation as a step in SQL behind this one"
            self.problems.add("only SQL is proven to be an aggregation", where, hint)
        return StepSpec(
            name,
            StepKind.PYTHON,
            section.python or "",
            inputs=tuple(section.inputs),
            declassified=self._claims(section.declassify, at),
            where=where,
        )

    def _aggregation(
        self, section: AggregateSection | None, at: tuple[Key, ...]
    ) -> Aggregation | None:
        if section is None:
            return None
        where = self.document.locate((*at, "aggregate"))
        return Aggregation(section.subject, section.k, section.dominance, where)

    def _claims(
        self, claims: dict[str, DeclassifySection], at: tuple[Key, ...]
    ) -> tuple[Declassification, ...]:
        found = []
        for column, claim in claims.items():
            where = self.document.locate((*at, "declassify", column))
            if (claim.labels is None) == (claim.derives is None):
                hint = "labels: [public], or derives: [INPUT.COLUMN]"
                self.problems.add("a declassification says one thing", where, hint)
                continue
            labels = None if claim.labels is None else tuple(claim.labels)
            derives = None if claim.derives is None else tuple(claim.derives)
            found.append(
                Declassification(column, claim.reason, claim.approver, labels, derives, where)
            )
        return tuple(found)

    def _file(self, name: str, at: tuple[Key, ...]) -> str:
        """A file of SQL below the project's folder; "" and a problem if it cannot be read."""
        where, path = self.document.locate(at), self.folder / name
        try:
            refused = _refused_file(self.folder, path)
            if refused is not None:
                self.problems.add(refused[0], where, refused[1])
                return ""
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
            with os.fdopen(handle, "rb") as file:
                plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
                content = file.read(self.limits.config_bytes + 1) if plain else b""
            if plain:
                return content.decode("utf-8-sig")  # some editors put a mark before the text
            self.problems.add("it is not a plain file", where)
        except FileNotFoundError:
            hint = "a path below the folder of lockgate.yaml: steps/NAME.sql"
            self.problems.add("there is no such file", where, hint)
        except (OSError, ValueError, RuntimeError):  # a UnicodeDecodeError and a loop of links too
            self.problems.add("the file cannot be read as UTF-8 text", where)
        return ""

    def _check_name(self, name: str, at: tuple[Key, ...]) -> None:
        if not _TABLE_NAME.fullmatch(name):
            self.problems.add("this is not a name of a table", self.document.locate(at), _NAME_HINT)
        elif name in RESERVED:
            what = f"{name} is a word of SQL, no name of a table"
            self.problems.add(what, self.document.locate(at), f"another name, say {name}_rows")


def _refused_file(folder: Path, path: Path) -> tuple[str, str] | None:
    """Why a step's file is not even opened, and a hint; as it is written, and behind its links.

    A message about a text that is no query could tell something of it: keys and rows stay unread.
    """
    home, real = folder.resolve(), path.resolve()
    if not real.is_relative_to(home):
        hint = "keep steps below the folder of lockgate.yaml"
        return "the file lies outside the project's folder", hint
    for parts in (path.parts[len(folder.parts) :], real.relative_to(home).parts):
        if PRIVATE_FOLDER in (part.casefold() for part in parts):
            return f"nothing below {PRIVATE_FOLDER} is a step's file", "file: steps/NAME.sql"
    if {path.suffix.casefold(), real.suffix.casefold()} != {".sql"}:
        return "a step's file is one with a name that ends in .sql", "file: steps/NAME.sql"
    return None


def source_of(section: SourceSection, where: Position, name: str = SOURCE_NAME) -> SourceSpec:
    """A source as the section declares it."""
    return SourceSpec(
        section.contract,
        section.path,
        FileFormat(section.format),
        tuple(section.ignore),
        section.delimiter,
        where,
        name,
    )
