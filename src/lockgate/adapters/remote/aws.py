"""Sessions with AWS through boto3: its own chain of credentials, or keys that are handed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockgate.adapters.remote.addresses import check_address
from lockgate.adapters.remote.answers import AnswerTooLong, read_bounded
from lockgate.adapters.remote.faults import FaultKind, kind_of_status
from lockgate.adapters.remote.missing import missing_library
from lockgate.adapters.remote.retries import Retries
from lockgate.adapters.remote.session import Connection, RemoteSession
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

if TYPE_CHECKING:
    from botocore.client import BaseClient

_BUSY = frozenset(
    """LimitExceededException RequestLimitExceeded RequestThrottled RequestThrottledException
    SlowDown Throttling ThrottlingException TooManyRequestsException""".split()
)
_UNREACHABLE = frozenset(
    """DependencyTimeoutException InternalFailure InternalServiceError InternalServiceErrorException
    KMSInternalException KeyUnavailableException RequestTimeout RequestTimeoutException
    ServiceUnavailable""".split()
)
_DENIED = frozenset(
    """AccessDenied AccessDeniedException ExpiredToken ExpiredTokenException IncompleteSignature
    InvalidClientTokenId InvalidSignatureException MissingAuthenticationToken
    NotAuthorized OptInRequired SignatureDoesNotMatch UnrecognizedClientException""".split()
)
_DISABLED = frozenset({"DisabledException", "KMSInvalidStateException"})
_MISSING = frozenset({"NotFoundException", "ResourceNotFoundException"})


@dataclass(frozen=True, slots=True)
class AwsAccessKey:
    """An access key handed in; each part is read anew when the client is made."""

    id: str
    secret: Callable[[], SecretText]
    session_token: Callable[[], SecretText] | None = None


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """Where and as whom. Without ``access_key``, boto3's chain finds the workload's identity."""

    region: str
    access_key: AwsAccessKey | None = None
    profile: str = ""
    endpoint: str = ""
    ca_file: Path | None = None


def aws_session(
    settings: AwsSettings, service: str, retries: Retries | None = None
) -> RemoteSession[BaseClient]:
    """A session whose client is boto3's for ``service`` (``kms``, ``secretsmanager``).

    The client itself does not retry. Raises ConfigurationError for an address where no secret
    may go; it connects at the first call.
    """
    if settings.endpoint:
        check_address(settings.endpoint)
    name = {"kms": "AWS KMS", "secretsmanager": "AWS Secrets Manager"}.get(service, "AWS")
    return RemoteSession(name, lambda: _connect(settings, service), aws_fault, retries)


def aws_fault(error: Exception) -> FaultKind:
    """Which kind of fault an exception of botocore is."""
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        return _kind_of_answer(error.response)
    no_credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.ProfileNotFound,
        exceptions.TokenRetrievalError,
    )
    if isinstance(error, no_credentials):
        return FaultKind.DENIED
    if isinstance(error, exceptions.ParamValidationError):
        return FaultKind.REFUSED
    if isinstance(error, exceptions.HTTPClientError | exceptions.EndpointConnectionError | OSError):
        return FaultKind.UNREACHABLE
    return FaultKind.STRANGE


def _kind_of_answer(response: dict[str, Any]) -> FaultKind:
    code = str(response.get("Error", {}).get("Code", ""))
    for codes, kind in (
        (_BUSY, FaultKind.BUSY),
        (_UNREACHABLE, FaultKind.UNREACHABLE),
        (_DENIED, FaultKind.DENIED),
        (_DISABLED, FaultKind.DISABLED),
        (_MISSING, FaultKind.MISSING),
    ):
        if code in codes:
            return kind
    return kind_of_status(int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)))


def _connect(settings: AwsSettings, service: str) -> Connection[BaseClient]:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise missing_library("boto3", "aws") from None
    session = boto3.session.Session(
        region_name=settings.region,
        profile_name=settings.profile or None,
        **_credentials(settings.access_key),
    )
    config = Config(
        connect_timeout=DEFAULT_LIMITS.remote_connect_seconds,
        read_timeout=DEFAULT_LIMITS.remote_read_seconds,
        retries={"total_max_attempts": 1, "mode": "standard"},
        ignore_configured_endpoint_urls=True,
    )
    client = session.client(
        service,
        config=config,
        endpoint_url=settings.endpoint or None,
        verify=str(settings.ca_file) if settings.ca_file else True,
    )
    client.meta.events.register("before-send", _Bounded(client._endpoint.http_session))
    return Connection(client)


class _Bounded:
    """Sends in the client's place, and reads the answer as far as ``remote_bytes``."""

    def __init__(self, http: Any) -> None:
        self._http = http

    def __call__(self, request: Any, **_: Any) -> Any:
        from botocore.exceptions import HTTPClientError

        request.stream_output = True  # or it would be read whole
        response = self._http.send(request)
        try:
            response._content = read_bounded(response.raw.stream())
        except AnswerTooLong:
            response.raw.close()
            raise
        except Exception as error:  # noqa: BLE001 - urllib3's, which nobody turns into botocore's here
            raise HTTPClientError(error=error) from None
        return response


def _credentials(key: AwsAccessKey | None) -> dict[str, str]:
    if key is None:
        return {}
    given = {"aws_access_key_id": key.id, "aws_secret_access_key": key.secret().reveal()}
    if key.session_token is not None:
        given["aws_session_token"] = key.session_token().reveal()
    return given
