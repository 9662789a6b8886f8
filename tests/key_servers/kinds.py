"""Each kind of key service, running: what a project's file says of it, and how it is hurt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from key_servers import aws, openbao, tls
from key_servers.azure import CLIENT, TENANT, AzureVault
from key_servers.google import GoogleKms
from key_servers.http_server import Answer, Asked, Between, HttpServer
from lockgate.adapters.secret_stores.environment import EnvironmentStore
from lockgate.assemble.key_services import open_key_service
from lockgate.assemble.project_file_keys import KINDS
from lockgate.keys.ports import KeyService
from lockgate.secrets.resolver import Secrets

NAMES = ("vault", "aws-kms", "google-kms", "azure-key-vault")


@dataclass
class Running:
    """A service behind ``front``, where its answers can be meddled with.

    ``section`` makes a key and gives what ``keys:`` says of it; ``variables`` are those that its
    references name; ``upstream`` is the emulation or server itself.
    """

    kind: str
    front: HttpServer
    section: Callable[[str], dict[str, Any]]
    variables: dict[str, str]
    upstream: Any
    busy: Answer = field(default_factory=lambda: Answer.of({"errors": ["canary"]}, 429))

    def service(self, key: str, folder: Path = Path("/nonexistent")) -> KeyService:
        """A service as a project has it, on a key of that name, which is made."""
        return self.opened(self.section(key), folder)

    def opened(self, section: dict[str, Any], folder: Path = Path("/nonexistent")) -> KeyService:
        """A service as a project with that section has it."""
        store = EnvironmentStore(variables=self.variables)
        secrets = Secrets({"env": lambda: store}, lambda: datetime.now(UTC))
        project: Any = SimpleNamespace(name="clinic", folder=folder, hidden_folder=folder)
        model = KINDS[self.kind].model_validate({"service": self.kind, **section})
        return open_key_service(project, model, None, secrets)

    def calls(self, operation: str) -> list[Asked]:
        """The requests to wrap or to unwrap so far."""
        return [asked for asked in self.front.asked if self.is_call(asked, operation)]

    def is_call(self, asked: Asked, operation: str) -> bool:
        """Whether this is a request to ``wrap`` or ``unwrap``."""
        words = {
            "vault": ("/encrypt/", "/decrypt/"),
            "google-kms": (":encrypt", ":decrypt"),
            "azure-key-vault": ("/keys/", "/unwrapkey"),
            "aws-kms": ("Encrypt", "Decrypt"),
        }[self.kind]
        where = asked.headers.get("X-Amz-Target", "") if self.kind == "aws-kms" else asked.path
        return words[operation == "unwrap"] in where


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        yield _STARTS[kind](folder, stack)


def _vault(folder: Path, stack: ExitStack) -> Running:
    server = stack.enter_context(openbao.running(folder))
    front = stack.enter_context(Between(server.address))

    def section(key: str) -> dict[str, Any]:
        return {
            "address": front.address,
            "key": server.make_key(key),
            "auth": {"token": "secret://env/VAULT_ROOT"},
        }

    return Running("vault", front, section, {"VAULT_ROOT": server.token}, server)


def _aws(folder: Path, stack: ExitStack) -> Running:
    server = stack.enter_context(aws.running(folder))
    front = stack.enter_context(Between(server.address))
    key = {"id": aws.ROOT["aws_access_key_id"], "secret": "secret://env/AWS_SECRET"}

    def section(name: str) -> dict[str, Any]:
        return {
            "region": aws.REGION,
            "endpoint": front.address,
            "access_key": key,
            "key": server.make_key(),
        }

    busy = Answer.of({"__type": "ThrottlingException", "message": "canary-of-the-vendor"}, 400)
    variables = {"AWS_SECRET": aws.ROOT["aws_secret_access_key"]}
    return Running("aws-kms", front, section, variables, server, busy)


def _google(folder: Path, stack: ExitStack) -> Running:
    server = stack.enter_context(GoogleKms())

    def section(name: str) -> dict[str, Any]:
        return {
            "endpoint": server.address,
            "credentials": "secret://env/GOOGLE_ACCOUNT",
            "key": server.make_key(name),
        }

    return Running("google-kms", server, section, {"GOOGLE_ACCOUNT": server.account()}, server)


def _azure(folder: Path, stack: ExitStack) -> Running:
    ca_file, context = tls.certify(folder)
    server = stack.enter_context(AzureVault(context))
    client = {
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "secret": "secret://env/AZURE_SECRET",
        "authority": server.address,
    }

    def section(name: str) -> dict[str, Any]:
        return {
            "vault": server.address,
            "ca_file": str(ca_file),
            "client_secret": client,
            "key": server.make_key(name),
        }

    return Running(
        "azure-key-vault", server, section, {"AZURE_SECRET": server.client_secret}, server
    )


_STARTS = {"vault": _vault, "aws-kms": _aws, "google-kms": _google, "azure-key-vault": _azure}


def as_yaml(section: dict[str, Any], kind: str) -> str:
    """One line of a project's file."""
    return "keys: " + json.dumps({"service": kind, **section}) + "\n"
