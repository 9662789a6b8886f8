"""Sessions with Google Cloud over HTTPS: its default credentials, or a service account's."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.answers import bound_answers
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed, kind_of_status
from lockgate.adapters.remote.missing import missing_library
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

C = TypeVar("C")

ONE_TRY: dict[str, Any] = {"retry": None, "timeout": DEFAULT_LIMITS.remote_read_seconds}
"""To be given to every call of a client: what is asked again, the session decides."""

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


@dataclass(frozen=True, slots=True)
class GoogleSettings:
    """As whom: ``credentials`` reads a service account's JSON; without it, the workload's own."""

    credentials: Callable[[], SecretText] | None = None
    endpoint: str = ""


def google_session(
    settings: GoogleSettings,
    service: str,
    client: Callable[[], type[C]],
    retries: Retries | None = None,
) -> RemoteSession[C]:
    """A session whose client is of the class that ``client`` imports; ``service`` names it.

    It speaks REST, follows no redirect, and does not retry by itself. Raises ConfigurationError
    for an address where no secret may go; it connects at the first call.
    """
    if settings.endpoint:
        check_address(settings.endpoint)
    return RemoteSession(service, lambda: _connect(settings, client), google_fault, retries)


def google_fault(error: Exception) -> FaultKind:
    """Which kind of fault an exception of Google's libraries, or of requests below them, is."""
    import requests
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    if isinstance(error, api.GoogleAPICallError):
        if _status(error) == "FAILED_PRECONDITION":
            return FaultKind.DISABLED
        return kind_of_status(int(error.code)) if error.code else FaultKind.STRANGE
    if isinstance(error, api.RetryError | auth.TransportError):
        return FaultKind.UNREACHABLE
    if isinstance(error, auth.GoogleAuthError):
        return FaultKind.UNREACHABLE if error.retryable else FaultKind.DENIED
    if isinstance(error, requests.TooManyRedirects):
        return FaultKind.STRANGE
    if isinstance(error, requests.RequestException | OSError):
        return FaultKind.UNREACHABLE
    return FaultKind.STRANGE


def _status(error: Any) -> str:
    """Google's word for the failure, which its exception over REST does not keep."""
    try:
        return str(error.response.json()["error"]["status"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""


def _connect(settings: GoogleSettings, client: Callable[[], type[C]]) -> Connection[C]:
    try:
        from google.api_core.client_options import ClientOptions

        kind: Any = client()
    except ImportError:
        raise missing_library("google-cloud", "google") from None
    made = kind(
        credentials=_credentials(settings.credentials),
        transport="rest",
        client_options=ClientOptions(api_endpoint=settings.endpoint or None),
    )
    http = bound_answers(made.transport._session)
    http.max_redirects = 0  # a request with a key in it goes nowhere else
    bound_answers(http._auth_request_session)
    return Connection(made)


def _credentials(read: Callable[[], SecretText] | None) -> Any:
    import google.auth
    from google.oauth2 import service_account

    make: Any = service_account.Credentials

    if read is None:
        return google.auth.default(scopes=_SCOPES)[0]
    try:
        account = json.loads(read().reveal())
        return make.from_service_account_info(account, scopes=_SCOPES)
    except (ValueError, TypeError, AttributeError):
        fault = RemoteFailed("the Google service account", FaultKind.DENIED)
    raise fault
