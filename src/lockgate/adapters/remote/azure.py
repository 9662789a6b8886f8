"""Sessions with Azure Key Vault: a workload's identity, or a client secret that is handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.answers import bound_answers
from lockgate.adapters.remote.faults import FaultKind, kind_of_status
from lockgate.adapters.remote.missing import missing_library
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

C = TypeVar("C")
MakeClient = Callable[..., C]


@dataclass(frozen=True, slots=True)
class AzureClientSecret:
    """An application's secret; it is read anew when the client is made."""

    tenant_id: str
    client_id: str
    secret: Callable[[], SecretText]
    authority: str = ""
    """Where tokens come from, if not from Azure's public cloud."""


@dataclass(frozen=True, slots=True)
class AzureSettings:
    """The vault, and as whom. Without ``client_secret``, the workload's or machine's identity."""

    vault: str
    client_secret: AzureClientSecret | None = None
    ca_file: Path | None = None


def azure_session(
    settings: AzureSettings,
    service: str,
    client: Callable[[], MakeClient[C]],
    retries: Retries | None = None,
) -> RemoteSession[C]:
    """A session whose client ``client`` imports, as ``KeyClient`` or ``SecretClient``.

    TLS is verified, redirects are refused, the client itself does not retry. Raises
    ConfigurationError for an address where no secret may go; it connects at the first call.
    """
    check_address(settings.vault)
    return RemoteSession(service, lambda: _connect(settings, client), azure_fault, retries)


def azure_options(ca_file: Path | None) -> dict[str, Any]:
    """What every pipeline of Azure's clients is told, with a transport of its own."""
    import requests
    from azure.core.pipeline.transport import RequestsTransport

    options = {
        "retry_total": 0,
        "permit_redirects": False,
        "connection_timeout": DEFAULT_LIMITS.remote_connect_seconds,
        "read_timeout": DEFAULT_LIMITS.remote_read_seconds,
        "connection_verify": str(ca_file) if ca_file else True,
        "logging_enable": False,
    }
    return {
        **options,
        "transport": RequestsTransport(session=bound_answers(requests.Session()), **options),
    }


def azure_fault(error: Exception) -> FaultKind:
    """Which kind of fault an exception of azure-core or azure-identity is."""
    from azure.core import exceptions

    if isinstance(error, exceptions.TooManyRedirectsError | exceptions.DecodeError):
        return FaultKind.STRANGE
    if isinstance(error, exceptions.HttpResponseError) and error.status_code:
        return kind_of_status(error.status_code)
    if isinstance(error, exceptions.ClientAuthenticationError):
        return FaultKind.DENIED
    broken = exceptions.ServiceRequestError | exceptions.ServiceResponseError | OSError
    return FaultKind.UNREACHABLE if isinstance(error, broken) else FaultKind.STRANGE


def _connect(settings: AzureSettings, client: Callable[[], MakeClient[C]]) -> Connection[C]:
    try:
        make = client()
        credential = _credential(settings.client_secret, settings.ca_file)
    except ImportError:
        raise missing_library("azure-keyvault", "azure") from None
    return Connection(
        make(
            vault_url=settings.vault.rstrip("/"),
            credential=credential,
            **azure_options(settings.ca_file),
        )
    )


def _credential(given: AzureClientSecret | None, ca_file: Path | None) -> TokenCredential:
    from azure import identity

    options = azure_options(ca_file)
    if given is None:
        return identity.DefaultAzureCredential(
            exclude_cli_credential=True,  # these start programs, or ask a person
            exclude_developer_cli_credential=True,
            exclude_powershell_credential=True,
            exclude_visual_studio_code_credential=True,
            exclude_shared_token_cache_credential=True,
            exclude_interactive_browser_credential=True,
            exclude_broker_credential=True,
            **options,
        )
    if given.authority:
        options |= {
            "authority": check_address(given.authority),
            "disable_instance_discovery": True,
        }
    return identity.ClientSecretCredential(
        given.tenant_id, given.client_id, given.secret().reveal(), **options
    )
