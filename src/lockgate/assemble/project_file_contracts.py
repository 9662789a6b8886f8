"""contracts of the project's files -> compiled contracts, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockgate.assemble.project_file_model import FileContract, PythonContract
from lockgate.assemble.project_file_problems import Problems, shown
from lockgate.assemble.project_module import load_class
from lockgate.assemble.yaml_document import Document, Key, read_document
from lockgate.contract.from_odcs import compile_odcs
from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.model import Contract
from lockgate.errors import ConfigurationError, ContractError, LockgateError, Position
from lockgate.labels.taxonomy import Taxonomy
from lockgate.limits import DEFAULT_LIMITS, Limits

NAME_HINT = "lower-case letters, digits, _ and -"


@dataclass(frozen=True, slots=True)
class ContractHome:
    """Where a contract is written: the file, and the path of keys inside it; or Python's module."""

    file: Path | None
    keys: tuple[str, ...]
    where: Position
    module: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Contracts and where each is written."""

    contracts: Mapping[str, Contract]
    homes: Mapping[str, ContractHome]


class ContractReader:
    """Reads every contract that the project's file and its contracts folder name."""

    def __init__(
        self,
        folder: Path,
        shown_folder: str,
        problems: Problems,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.folder = folder
        self.shown_folder = shown_folder
        self.problems = problems
        self.limits = limits
        self.contracts: dict[str, Contract] = {}
        self.homes: dict[str, ContractHome] = {}
        self.files: set[Path] = set()

    def read(self, main: Document, taxonomy: Taxonomy, extra: Iterator[Path]) -> Found:
        """Contracts of the main file, then those of ``extra`` files that it does not name."""
        for name, data in self.problems.mapping(main, ("contracts",), "contracts").items():
            self._declared(main, name, data)
        for path in extra:
            if path.resolve() not in self.files:
                self._discovered(path)
        self._check_ids()
        for contract in self.contracts.values():
            self._check_labels(contract, taxonomy)
        return Found(self.contracts, self.homes)

    def _declared(self, main: Document, name: str, data: Any) -> None:
        where = main.locate(("contracts", name))
        self._check_name(name, where)
        path: tuple[Key, ...] = ("contracts", name)
        if not isinstance(data, dict):
            hint = "{file: contracts/NAME.odcs.yaml}, {python: module:Class} or an ODCS document"
            self.problems.add(f"contract {shown(name)} is a mapping", where, hint)
        elif "file" in data:
            section = self.problems.model(FileContract, data, main, path)
            if section is not None:
                self._from_file(name, section, main.locate((*path, "file")))
        elif "python" in data:
            python = self.problems.model(PythonContract, data, main, path)
            if python is not None:
                self._from_python(name, python, where)
        else:
            home = self.folder / Path(main.file).name
            self.homes[name] = ContractHome(home, ("contracts", name), where)
            self._compile(name, main.part(*path), where)

    def _check_name(self, name: str, where: Position) -> None:
        if (
            not name.isascii()
            or not name.replace("-", "").replace("_", "").isalnum()
            or name != name.lower()
            or name[0] in "-_"
            or len(name) > 63
        ):
            self.problems.add("this is not a contract name", where, NAME_HINT)

    def _from_file(self, name: str, section: FileContract, where: Position) -> None:
        path = self.folder / section.file
        resolved = path.resolve()
        if not resolved.is_relative_to(self.folder.resolve()):
            hint = "keep contracts below the folder of lockgate.yaml"
            self.problems.add("the file lies outside the project's folder", where, hint)
            return
        self.files.add(resolved)
        self._read_file(name, path, where, section.object)

    def _discovered(self, path: Path) -> None:
        name = path.name.removesuffix(".odcs.yaml")
        where = Position(self._shown(path))
        self._check_name(name, where)
        if name in self.homes:
            hint = f"it is declared at {self.homes[name].where}: name this file there, or rename it"
            self.problems.add(f"contract {shown(name)} is defined twice", where, hint)
        else:
            self._read_file(name, path, where)

    def _read_file(self, name: str, path: Path, where: Position, part: str = "") -> None:
        self.homes[name] = ContractHome(path, (), where)
        try:
            document = read_document(path, self._shown(path), self.limits)
        except ConfigurationError as error:
            if path.exists():
                self.problems.take(error)
            else:
                self.problems.add(error.message, where)
            return
        self._compile(name, document, where, part)

    def _compile(self, name: str, document: Document, where: Position, part: str = "") -> None:
        if not isinstance(document.data, dict):
            hint = "an ODCS contract starts with apiVersion: v3.1.0"
            self.problems.add("a contract is a mapping", document.locate(), hint)
            return
        try:
            self.contracts[name] = compile_odcs(document.data, document.locate, part)
        except LockgateError as error:
            self.problems.take(error, document.locate() if document.file else where)

    def _from_python(self, name: str, section: PythonContract, where: Position) -> None:
        module = section.python.partition(":")[0]
        self.homes[name] = ContractHome(None, (), where, module)
        try:
            model = load_class(self.folder, section.python)
            self.contracts[name] = compile_model(
                model,
                id=section.id or name,
                name=name,
                version=section.version,
                max_rejected=section.max_rejected,
                locate=lambda path: where,
            )
        except LockgateError as error:
            self.problems.take(error, where)

    def _check_ids(self) -> None:
        """An id binds ciphertexts to their contract, so no two contracts share one."""
        seen: dict[str, str] = {}
        for name, contract in self.contracts.items():
            other = seen.setdefault(contract.id, name)
            if other != name:
                message = f"contracts {other} and {name} have the same id"
                self.problems.add(message, self.homes[name].where, "", ContractError.code)

    def _check_labels(self, contract: Contract, taxonomy: Taxonomy) -> None:
        for column in contract.columns:
            try:
                taxonomy.require(column.labels)
            except LockgateError as error:
                message = f"column {shown(column.name)}: {error.message}"
                self.problems.add(message, column.where or contract.where, error.hint, error.code)

    def _shown(self, path: Path) -> str:
        relative = path.relative_to(self.folder)
        return str(Path(self.shown_folder) / relative)
