"""``secrets:`` of a project's file: which stores there are, and which of them may be used where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, Field

from lockgate.assemble.project_file_model import Line, PathText, Section
from lockgate.assemble.project_file_problems import Problems
from lockgate.assemble.project_file_remote import (
    AwsPlace,
    AzurePlace,
    GooglePlace,
    VaultPlace,
    Word,
)
from lockgate.assemble.yaml_document import Document, Key
from lockgate.errors import ConfigurationError
from lockgate.secrets.reference import SecretReference


class EnvironmentSection(Section):
    """Environment variables, perhaps all with one prefix."""

    store: Literal["environment"]
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{0,100}$")] = ""


class FilesSection(Section):
    """A folder that Docker or Kubernetes mounts secrets into."""

    store: Literal["files"]
    folder: PathText


class DotenvSection(Section):
    """A ``.env`` file beside the project's file; not in production."""

    store: Literal["dotenv"]
    file: PathText = ".env"


class KeyringSection(Section):
    """The operating system's keyring; ``service`` is the name that things are kept under."""

    store: Literal["keyring"]
    service: Line = "lockgate"


class VaultStoreSection(VaultPlace):
    """A mount of the key-value engine, version 2, of Vault or OpenBao."""

    store: Literal["vault"]
    mount: Word = "secret"


class AwsStoreSection(AwsPlace):
    """AWS Secrets Manager in one region."""

    store: Literal["aws-secrets-manager"]


class GoogleStoreSection(GooglePlace):
    """Google Secret Manager in one project."""

    store: Literal["google-secret-manager"]
    project: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9:.-]{1,100}$")]


class AzureStoreSection(AzurePlace):
    """The secrets of one Azure Key Vault."""

    store: Literal["azure-key-vault"]


StoreSection = (
    EnvironmentSection
    | FilesSection
    | DotenvSection
    | KeyringSection
    | VaultStoreSection
    | AwsStoreSection
    | GoogleStoreSection
    | AzureStoreSection
)
KINDS: Final[Mapping[str, type[StoreSection]]] = MappingProxyType(
    {get_args(one.model_fields["store"].annotation)[0]: one for one in get_args(StoreSection)}
)
BUILT_IN: Final[Mapping[str, StoreSection]] = MappingProxyType(
    {
        "env": EnvironmentSection(store="environment"),
        "file": FilesSection(store="files", folder="/run/secrets"),
    }
)
DOTENV: Final = "dotenv"
_STARTS_WITHOUT: Final = frozenset({"environment", "files", "keyring"})
_PRODUCTION: Final = re.compile(r"(?:^|[-_])(?:prod|prd|production|live)\d*(?:$|[-_])")


def is_production(environment: str) -> bool:
    """Whether the project's environment is one in which nothing for development has a place."""
    return _PRODUCTION.search(environment) is not None


class SecretsReader:
    """Reads ``secrets:`` and checks every reference of a document; problems are noted."""

    def __init__(self, document: Document, problems: Problems, environment: str) -> None:
        self.document = document
        self.problems = problems
        self.environment = environment

    def read(self) -> Mapping[str, StoreSection]:
        """The stores by name, those that always exist included."""
        stores = dict(BUILT_IN)
        if not is_production(self.environment):
            stores[DOTENV] = DotenvSection(store="dotenv")
        for name, data in self.problems.mapping(self.document, ("secrets",), "secrets").items():
            section = self._store(name, data, ("secrets", name))
            if section is not None:
                stores[name] = section
        for name, section in stores.items():
            self._own_credentials(name, section, stores)
        return MappingProxyType(stores)

    def _store(self, name: str, data: Any, at: tuple[Key, ...]) -> StoreSection | None:
        where = self.document.locate(at)
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", name):
            hint = "lower-case letters, digits, - and _"
            self.problems.add("this is not a store's name", where, hint)
            return None
        kind = KINDS.get(str(data.get("store"))) if isinstance(data, dict) else None
        if kind is None:
            place = self.document.locate((*at, "store"))
            hint = f"store: {', '.join(KINDS)}"
            self.problems.add(f"{name} does not say which kind of store it is", place, hint)
            return None
        section = self.problems.model(kind, data, self.document, at)
        if isinstance(section, VaultPlace):
            self._one_way_in(section, at)
        built_in = BUILT_IN.get(name)
        if built_in is not None and section is not None and not isinstance(section, type(built_in)):
            self.problems.add(f"{name} is always of {built_in.store}", where, "choose another name")
            return None
        if kind is DotenvSection and is_production(self.environment):
            hint = "use a store that production has: env, file, vault or a cloud's"
            self.problems.add(".env is for development only", where, hint)
            return None
        return section

    def _one_way_in(self, section: VaultPlace, at: tuple[Key, ...]) -> None:
        auth = section.auth
        if sum(one is not None for one in (auth.token, auth.approle, auth.kubernetes)) != 1:
            where = self.document.locate((*at, "auth"))
            self.problems.add(
                "auth names one way to log in", where, "write token, approle or kubernetes"
            )

    def _own_credentials(
        self, name: str, section: StoreSection, stores: Mapping[str, StoreSection]
    ) -> None:
        """A store is opened with what needs no store to open."""
        for path, reference in references(section):
            store = stores.get(reference.store)
            if store is not None and store.store not in _STARTS_WITHOUT:
                where = self.document.locate(("secrets", name, *path))
                hint = "take it from env, file or a keyring"
                self.problems.add("a store's own credentials lie outside it", where, hint)


def require_stores(
    document: Document, stores: Mapping[str, StoreSection], problems: Problems
) -> None:
    """Note every reference in the document that is malformed or names a store that is not there."""
    for path, text in texts(document.data):
        if not text.startswith("secret:"):
            continue
        where = document.locate(path)
        try:
            reference = SecretReference.parse(text)
        except ConfigurationError as error:
            problems.take(error, where)
            continue
        if reference.store not in stores:
            problems.add(
                f"there is no secret store {reference.store}",
                where,
                _stores_hint(reference, stores),
            )


def _stores_hint(reference: SecretReference, stores: Mapping[str, StoreSection]) -> str:
    if reference.store == DOTENV:
        return ".env is for development only: use env, file, or a store under secrets:"
    return f"stores: {', '.join(sorted(stores))}; declare others under secrets:"


def references(
    section: BaseModel, path: tuple[Key, ...] = ()
) -> Iterator[tuple[tuple[Key, ...], SecretReference]]:
    """Every reference in a section, with its path."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, SecretReference):
            yield (*path, name), value
        elif isinstance(value, BaseModel):
            yield from references(value, (*path, name))


def texts(data: Any, path: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], str]]:
    """Every text in a document's data, with its path."""
    if isinstance(data, str):
        yield path, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from texts(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from texts(value, (*path, index))
