"""``lockgate.yaml`` and the files beside it -> one frozen Project, or every problem at once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from lockgate.access.settings import AccessSettings, PolicyText
from lockgate.assemble.ownership import require_owned
from lockgate.assemble.project_file_access import read_access
from lockgate.assemble.project_file_contracts import ContractHome, ContractReader
from lockgate.assemble.project_file_keys import KeysSection, read_keys
from lockgate.assemble.project_file_model import (
    COLLECTIONS,
    POLICY_KEYS,
    Head,
    RootsSection,
)
from lockgate.assemble.project_file_pipelines import read_pipelines
from lockgate.assemble.project_file_policy import key_schedule, read_policy
from lockgate.assemble.project_file_problems import Problems
from lockgate.assemble.project_file_reveal import read_reveal_rules
from lockgate.assemble.project_file_secrets import SecretsReader, StoreSection, require_stores
from lockgate.assemble.project_file_state import StateSettings, read_state
from lockgate.assemble.yaml_document import Document, read_bytes, read_document
from lockgate.contract.model import Contract
from lockgate.errors import ConfigurationError, Position
from lockgate.keys.ports import Domain
from lockgate.keys.schedule import KeySchedule
from lockgate.labels.taxonomy import Taxonomy
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import Pipeline
from lockgate.policy.policy import Policy
from lockgate.policy.reveal_rules import RevealRules

FILE_NAME = "lockgate.yaml"


@dataclass(frozen=True, slots=True)
class Roots:
    """Absolute folders that may be read and written."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """Everything a project declares. ``folder`` is absolute."""

    name: str
    file: Path
    folder: Path
    environment: str
    roots: Roots
    state: StateSettings
    secrets: Mapping[str, StoreSection]
    keys: KeysSection
    previous_keys: KeysSection | None
    key_schedule: KeySchedule
    ledger_public_key: bytes | None
    policy: Policy
    contracts: Mapping[str, Contract]
    contract_homes: Mapping[str, ContractHome]
    pipelines: Mapping[str, Pipeline]
    reveal_rules: RevealRules
    access: AccessSettings

    @property
    def taxonomy(self) -> Taxonomy:
        """The shipped labels and the project's."""
        return self.policy.taxonomy

    @property
    def domains(self) -> Mapping[str, Domain]:
        """Key domains by name."""
        return self.policy.domains

    @property
    def hidden_folder(self) -> Path:
        """Where keys and state live: ``.lockgate`` beside the project's file."""
        return self.folder / ".lockgate"


def load_project(path: Path, limits: Limits = DEFAULT_LIMITS) -> Project:
    """Read a project. ``path`` is its file or its folder.

    Raises ConfigurationError whose ``problems`` name every problem of every
    file with file, line and column.
    """
    file = path / FILE_NAME if path.is_dir() else path
    folder = file.parent.resolve()
    for owned in (folder, file):
        require_owned(owned)
    problems = Problems()
    try:
        main = read_document(folder / file.name, str(file), limits)
    except ConfigurationError as error:
        if not file.exists():
            raise ConfigurationError(
                "there is no project here",
                where=Position(str(file)),
                hint="lockgate init makes one; lockgate protect FILE --to OUT needs none",
            ) from None
        problems.take(error)
        main = Document(str(file), {}, {})
    reader = _BesideReader(folder, str(file.parent), problems, limits)
    head = _read_head(main, problems)
    policies = [main, *reader.documents("policy", "*.yaml", POLICY_KEYS)]
    policy = read_policy(policies, problems)
    reveal_rules = read_reveal_rules(policies, policy.taxonomy, problems)
    contracts = ContractReader(folder, str(file.parent), problems, limits).read(
        main, policy.taxonomy, reader.paths("contracts", "*.odcs.yaml")
    )
    pipeline_files = [main, *reader.documents("pipelines", "*.yaml", ("pipelines",))]
    pipelines = read_pipelines(
        pipeline_files,
        contracts.homes,
        problems,
        folder,
        limits,
    )
    access = read_access(main, _environment(main), reader.policies(), problems)
    key = _ledger_key(head, main, problems)
    keys = read_keys(main, problems)
    state = read_state(head.state if head else "sqlite", main, problems)
    stores = SecretsReader(main, problems, _environment(main)).read()
    for document in (*policies, *pipeline_files[1:]):
        require_stores(document, stores, problems)
    if head is None or problems.found:
        raise problems.error(Position(str(file)))
    return Project(
        name=head.project,
        file=folder / file.name,
        folder=folder,
        environment=head.environment,
        roots=_roots(head.roots, folder),
        state=state,
        secrets=stores,
        keys=keys.service,
        previous_keys=keys.previous,
        key_schedule=key_schedule(keys.schedule, policies),
        ledger_public_key=key,
        policy=policy,
        contracts=MappingProxyType(dict(contracts.contracts)),
        contract_homes=MappingProxyType(dict(contracts.homes)),
        pipelines=MappingProxyType(pipelines),
        reveal_rules=reveal_rules,
        access=access,
    )


class _BesideReader:
    """Files in the folders beside the project's file."""

    def __init__(self, folder: Path, shown: str, problems: Problems, limits: Limits) -> None:
        self.folder = folder
        self.shown = shown
        self.problems = problems
        self.limits = limits

    def paths(self, name: str, pattern: str) -> Iterator[Path]:
        """Matching files in order of their names; one that leaves the folder is a problem."""
        home = self.folder / name
        if not home.is_dir():
            return
        for path in sorted(home.glob(pattern)):
            if path.resolve().is_relative_to(self.folder):
                yield path
            else:
                where = Position(self._shown(path))
                self.problems.add("the file lies outside the project's folder", where)

    def documents(self, name: str, pattern: str, keys: tuple[str, ...]) -> Iterator[Document]:
        """Parsed files with only the given keys at the top."""
        for path in self.paths(name, pattern):
            try:
                document = read_document(path, self._shown(path), self.limits)
            except ConfigurationError as error:
                self.problems.take(error)
                continue
            if not isinstance(document.data, dict):
                hint = f"it starts with {keys[-1]}:"
                self.problems.add(f"a {name} file is a mapping", document.locate(), hint)
                continue
            for key in document.data:
                if key not in keys:
                    self.problems.unknown_key(key, keys, document.locate((key,)))
            yield document

    def policies(self) -> list[PolicyText]:
        """The project's own access policies, as text."""
        found = []
        for path in self.paths("access", "*.cedar"):
            try:
                content = read_bytes(path, self._shown(path), self.limits)
                found.append(PolicyText(self._shown(path), content.decode()))
            except ConfigurationError as error:
                self.problems.take(error)
            except UnicodeDecodeError:
                self.problems.add("the file is no UTF-8 text", Position(self._shown(path)))
        return found

    def _shown(self, path: Path) -> str:
        return str(Path(self.shown) / path.relative_to(self.folder))


def _read_head(main: Document, problems: Problems) -> Head | None:
    if not isinstance(main.data, dict):
        problems.add("a project's file is a mapping", main.locate(), "it starts with lockgate: 1")
        return None
    if not main.data and problems.found:
        return None
    own = {key: value for key, value in main.data.items() if key not in COLLECTIONS}
    for key in list(own):
        if key not in Head.model_fields:
            problems.unknown_key(key, [*Head.model_fields, *COLLECTIONS], main.locate((key,)))
            del own[key]
    return problems.model(Head, own, main, ())


def _environment(main: Document) -> str:
    """What the file calls its environment, be the rest of it malformed."""
    named = main.data.get("environment") if isinstance(main.data, dict) else None
    return named if isinstance(named, str) else "development"


def _ledger_key(head: Head | None, main: Document, problems: Problems) -> bytes | None:
    if head is None or head.ledger is None:
        return None
    try:
        key = base64.b64decode(head.ledger.public_key, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        where = main.locate(("ledger", "public_key"))
        problems.add(
            "public_key is not the base64 of 32 bytes", where, "copy it from lockgate init"
        )
    return key


def _roots(section: RootsSection, folder: Path) -> Roots:
    def absolute(names: list[str]) -> tuple[Path, ...]:
        return tuple((folder / name).resolve() for name in names)

    return Roots(absolute(section.read), absolute(section.write))
