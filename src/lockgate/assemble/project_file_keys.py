"""``keys:`` of a project's file: which service holds the root key, and where and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import Field

from lockgate.adapters.key_services.key_names import KEY_ARN, KEY_NAME
from lockgate.assemble.project_file_model import KeyScheduleSection, Section
from lockgate.assemble.project_file_problems import Problems
from lockgate.assemble.project_file_remote import (
    AwsPlace,
    AzurePlace,
    GooglePlace,
    VaultAuthSection,
    VaultPlace,
    Word,
)
from lockgate.assemble.yaml_document import Document, Key

ROOT_KEY = "root.key"


class LocalKeys(Section):
    """A root key in a file of this machine."""

    service: Literal["local"] = "local"
    protection: Literal["file", "passphrase"] = "file"
    root: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}\.key$")] = ROOT_KEY


class VaultKeys(VaultPlace):
    """A key of the transit engine of Vault or OpenBao."""

    service: Literal["vault"]
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
    mount: Word = "transit"


class AwsKeys(AwsPlace):
    """A symmetric key of AWS KMS, by its ARN."""

    service: Literal["aws-kms"]
    key: Annotated[str, Field(pattern=f"^{KEY_ARN.pattern}$")]


class GoogleKeys(GooglePlace):
    """A symmetric key of Google Cloud KMS, by its resource name."""

    service: Literal["google-kms"]
    key: Annotated[str, Field(pattern=f"^{KEY_NAME.pattern}$")]


class AzureKeys(AzurePlace):
    """An RSA key of Azure Key Vault."""

    service: Literal["azure-key-vault"]
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,127}$")]


RemoteKeys = VaultKeys | AwsKeys | GoogleKeys | AzureKeys
KeysSection = LocalKeys | RemoteKeys
KINDS: Final[Mapping[str, type[KeysSection]]] = MappingProxyType(
    {get_args(one.model_fields["service"].annotation)[0]: one for one in get_args(KeysSection)}
)


@dataclass(frozen=True, slots=True)
class KeysSettings:
    """The keyring's service, the one that keys are moved from, and its days."""

    service: KeysSection = field(default_factory=LocalKeys)
    previous: KeysSection | None = None
    schedule: KeyScheduleSection = field(default_factory=KeyScheduleSection)


def read_keys(main: Document, problems: Problems) -> KeysSettings:
    """What ``keys`` says; every problem is noted."""
    data = problems.mapping(main, ("keys",), "keys")
    days = {key: data[key] for key in KeyScheduleSection.model_fields if key in data}
    service = {key: data[key] for key in data if key not in days and key != "previous"}
    before = data.get("previous")
    return KeysSettings(
        _service(service, main, problems, ("keys",)),
        None if before is None else _service(before, main, problems, ("keys", "previous")),
        problems.model(KeyScheduleSection, days, main, ("keys",)) or KeyScheduleSection(),
    )


def _service(data: Any, main: Document, problems: Problems, at: tuple[Key, ...]) -> KeysSection:
    """The section that stands ``at`` a place, as its ``service`` says."""
    service = data.get("service", "local") if isinstance(data, dict) else None
    kind = KINDS.get(service) if isinstance(service, str) else None
    if kind is None:
        where = main.locate((*at, "service"))
        problems.add(f"service is one of {', '.join(KINDS)}", where)
        return LocalKeys()
    section = problems.model(kind, data, main, at)
    if isinstance(section, VaultKeys):
        _one_way_in(section.auth, main, problems, (*at, "auth"))
    return section or LocalKeys()


def _one_way_in(
    auth: VaultAuthSection, main: Document, problems: Problems, at: tuple[Key, ...]
) -> None:
    ways = [name for name in VaultAuthSection.model_fields if getattr(auth, name) is not None]
    if len(ways) != 1:
        problems.add(
            "auth names exactly one way to log in",
            main.locate(at),
            "token, approle or kubernetes",
        )
