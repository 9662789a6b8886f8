"""Requests to a provider with every bound: time, size, TLS, no redirect, no environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lockgate.adapters.identity_providers.tokens.discovery import allowed
from lockgate.adapters.remote.answers import AnswerTooLong, bound_answers
from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.adapters.remote.missing import missing_library
from lockgate.adapters.remote.retries import Retries
from lockgate.limits import DEFAULT_LIMITS
from lockgate.secret import SecretText

Form = Mapping[str, str | SecretText]
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "lockgate"}


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back: 200, or a refusal in the protocol's own words (400, 401, 403)."""

    status: int
    body: bytes = field(repr=False)


class ProviderHttp:
    """GET and POST to one provider. Safe to use from many threads: each request has its session."""

    def __init__(
        self, provider: str, ca_file: Path | None = None, retries: Retries | None = None
    ) -> None:
        """``provider`` is its name in the project. TLS trusts ``ca_file``, else the system."""
        self.service = f"the OpenID provider {provider}"
        self._ca_file = ca_file
        self._retries = retries or Retries()

    def get(self, url: str) -> bytes:
        """What stands at the address; asked again while nobody answers. Raises RemoteFailed."""
        self._require_private(url)

        def ask() -> bytes:
            answer = self._exchange("GET", url, {}, None)
            if answer.status != 200:
                raise RemoteFailed(self.service, FaultKind.STRANGE)
            return answer.body

        return self._retries.call(self.service, ask, repeatable=True)

    def post(
        self, address: str, form: Form, basic: tuple[str, SecretText] | None = None
    ) -> HttpAnswer:
        """Send a form, once: codes and refresh tokens are used up. Raises RemoteFailed.

        ``basic``: the client's id and secret for the header (RFC 6749 section 2.3.1).
        """
        self._require_private(address)
        return self._retries.call(
            self.service,
            lambda: self._exchange("POST", address, form, basic),
            repeatable=False,
        )

    def _exchange(
        self, method: str, address: str, form: Form, basic: tuple[str, SecretText] | None
    ) -> HttpAnswer:
        """One request. Whatever it raises is ours: a vendor's words may hold what was sent."""
        requests = _requests()
        try:
            with bound_answers(self._session()) as session:
                answer = session.request(
                    method,
                    address,
                    data={name: _text(value) for name, value in form.items()} or None,
                    auth=None if basic is None else _basic(*basic),
                    headers=_HEADERS,
                    allow_redirects=False,
                    timeout=(
                        DEFAULT_LIMITS.remote_connect_seconds,
                        DEFAULT_LIMITS.remote_read_seconds,
                    ),
                )
                status, body = int(answer.status_code), bytes(answer.content)
        except AnswerTooLong:
            kind = FaultKind.STRANGE
        except (requests.RequestException, OSError):
            kind = FaultKind.UNREACHABLE
        except Exception:  # noqa: BLE001 - any other of the libraries' own
            kind = FaultKind.STRANGE
        else:
            return HttpAnswer(status, body) if status in _SAID else self._failed(status)
        raise RemoteFailed(self.service, kind)

    def _require_private(self, address: str) -> None:
        """Raise RemoteFailed unless it is https, or http on this very machine."""
        if not allowed(address, address):
            raise RemoteFailed(self.service, FaultKind.STRANGE)

    def _failed(self, status: int) -> HttpAnswer:
        if status in (429, 503):
            raise RemoteFailed(self.service, FaultKind.BUSY)
        unreachable = status == 408 or 500 <= status <= 599
        raise RemoteFailed(
            self.service, FaultKind.UNREACHABLE if unreachable else FaultKind.STRANGE
        )

    def _session(self) -> Any:
        """A session that knows no proxy, no .netrc, no other bundle of certificates."""
        requests = _requests()
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", _verifying(self._ca_file))
        return session

    def __repr__(self) -> str:
        return f"ProviderHttp({self.service!r})"


_SAID = frozenset({200, 400, 401, 403})


def _requests() -> Any:
    try:
        import requests
    except ImportError:
        raise missing_library("requests", "oidc") from None
    return requests


def _verifying(ca_file: Path | None) -> Any:
    """An adapter of requests that trusts the file's authorities alone, else the system's."""
    import ssl

    from requests.adapters import HTTPAdapter

    context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    adapter: Any = HTTPAdapter(max_retries=0)
    adapter.init_poolmanager(1, 1, ssl_context=context)
    # It would add a bundle of its own to what the context trusts; the context verifies alone.
    adapter.cert_verify = lambda *_: None
    return adapter


def _basic(client_id: str, secret: SecretText) -> Any:
    """Both parts encoded as a form first, as RFC 6749 section 2.3.1 has it."""
    from urllib.parse import quote_plus

    from requests.auth import HTTPBasicAuth

    return HTTPBasicAuth(quote_plus(client_id), quote_plus(secret.reveal()))


def _text(value: str | SecretText) -> str:
    return value.reveal() if isinstance(value, SecretText) else value
