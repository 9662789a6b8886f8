"""Service accounts log in: a signed assertion, used once, for a short token (RFC 7523)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from lockgate.access.password_rules import is_name
from lockgate.assemble.local_guessing import Failure, refuse
from lockgate.assemble.local_issuer import SERVICE, LocalIssuer, LocalTokens, issuer_name, refused
from lockgate.assemble.project_file import Project
from lockgate.assemble.seam import guarded_call
from lockgate.assemble.service_keys import read_key_file, usable_keys
from lockgate.assemble.used_assertions import UsedAssertions
from lockgate.errors import AuthenticationFailed, ConfigurationError, IntegrityError
from lockgate.run.record import Record
from lockgate.secret import SecretText

SERVICE_VARIABLE: Final = "LOCKGATE_SERVICE"
KEY_FILE_VARIABLE: Final = "LOCKGATE_SERVICE_KEY_FILE"
_ASSERTION_LIFE: Final = timedelta(seconds=60)
_METHODS: Final = ("swk",)


@guarded_call
def log_in_service(
    project: Project, record: Record, service: str, key_file: Path, *, source: str = ""
) -> LocalTokens:
    """Log a service account in with the private key in a private file (RFC 8176: ``swk``).

    Raises AuthenticationFailed, KeyUnavailable for a file that is missing, reachable by others or
    no key, EnvironmentFailed.
    """
    assertion = make_assertion(project, record, service, key_file)
    return log_in_by_assertion(project, record, assertion, source=source)


@guarded_call
def make_assertion(project: Project, record: Record, service: str, key_file: Path) -> SecretText:
    """What proves once, within a minute, that its maker holds a key of the service account.

    Raises KeyUnavailable, and AuthenticationFailed for what is no account's name.
    """
    from lockgate.adapters.identity_providers.tokens.sign import sign_assertion

    if not is_name(service):
        raise refused()
    return sign_assertion(
        read_key_file(key_file),
        account=SERVICE + service,
        audience=issuer_name(project),
        issued_at=record.now(),
        lifetime=_ASSERTION_LIFE,
        token_id=secrets.token_hex(16),
    )


@guarded_call
def log_in_by_assertion(
    project: Project, record: Record, assertion: SecretText, *, source: str = ""
) -> LocalTokens:
    """Start a session of the service account that signed ``assertion``, as long as its token lives.

    Raises AuthenticationFailed, the same for an unknown account, a disabled one, another's or a
    revoked key, another project's assertion, and one that was used; EnvironmentFailed, and
    InternalError inside a transaction.
    """
    from lockgate.adapters.identity_providers.tokens.local import verify_assertion

    record.require_no_transaction("a log-in")
    issuer = LocalIssuer(project, record, source)
    at = record.now()

    def keys_of(account: str) -> Mapping[str, bytes]:
        if not account.startswith(SERVICE):
            return {}
        service = issuer.accounts.service(account.removeprefix(SERVICE))
        if service is None or service.disabled_at is not None:
            return {}
        if not issuer.accounts.is_latest(service):
            raise IntegrityError("a service account's row was put back as it was before")
        return usable_keys(issuer, service, at)

    used = UsedAssertions(record)
    try:
        with record.state.transaction():
            issuer.store.hold()
            account = verify_assertion(
                assertion,
                keys_of=keys_of,
                audience=issuer.name,
                used=used,
                at=at,
            )
            return issuer.begin(account, _METHODS, renewable=False, session_id=used.session)
    except AuthenticationFailed:
        pass  # undone as a whole; what is told of it is a transaction of its own
    with record.state.transaction():
        refuse(issuer, Failure.ASSERTION)
    raise refused()


def named_service() -> tuple[str, Path] | None:
    """The service account and key file that the environment names, if it does.

    Raises ConfigurationError if it names one without the other.
    """
    service, file = os.environ.get(SERVICE_VARIABLE), os.environ.get(KEY_FILE_VARIABLE)
    if not service and not file:
        return None
    if not service or not file:
        raise ConfigurationError(
            f"{SERVICE_VARIABLE} and {KEY_FILE_VARIABLE} name a service account together",
            hint="set both, or neither",
        )
    return service, Path(file)
