"""Log-ins of this user, kept between commands: tokens in the system's keyring, else in a file.

A small private file tells which provider is logged in and where its tokens are; without one no
keyring is asked, so that whoever never logs in never waits for it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from lockgate.adapters.identity_providers.session_lock import session_lock
from lockgate.adapters.private_files import (
    create_private,
    exists,
    private_folder,
    read_private,
    sync_folder,
)
from lockgate.adapters.secret_stores.os_keyring import KeyringStore
from lockgate.errors import (
    AuthenticationFailed,
    EnvironmentFailed,
    SecretMissing,
    SecretUnavailable,
)
from lockgate.secret import SecretText

KEYRING: Final = "keyring"
FILE: Final = "file"
_CURRENT: Final = "current"
_NAME: Final = re.compile(r"@?[A-Za-z0-9][A-Za-z0-9._-]*")
_VERSION: Final = 1
_NAME_OF_SESSION = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A log-in of ``principal``, which ``session`` names in records.

    ``token`` stands for the principal until ``expires_at``; ``refresh`` gets another one until the
    session ``ends_at``.
    """

    provider: str
    principal: str
    session: str
    ends_at: datetime
    token: SecretText
    issued_at: datetime
    expires_at: datetime
    refresh: SecretText | None = None
    place: str = ""


class KeptSessions:
    """The log-ins to one project, in ``folder`` (0700) and the keyring."""

    def __init__(self, folder: Path, keyring: KeyringStore) -> None:
        self._folder = folder
        self._keyring = keyring

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from changing log-ins meanwhile. Raises EnvironmentFailed."""
        with session_lock(private_folder(self._folder) / "lock"):
            yield

    def current(self) -> str | None:
        """The provider that is logged in, None if none is; "" if what says so says nothing."""
        path = self._folder / _CURRENT
        if not exists(path):
            return None
        name = read_private(path).decode("ascii", "replace")
        return name if _NAME.fullmatch(name) else ""

    def has(self, provider: str) -> bool:
        """Whether a log-in is kept there, readable or not."""
        return exists(self._path(provider))

    def of(self, provider: str) -> KeptSession | None:
        """The log-in there; None if there is none.

        Raises SecretUnavailable if its keyring stays shut, AuthenticationFailed if that has lost
        it: who acts is not guessed then.
        """
        path = self._path(provider)
        if not exists(path):
            return None
        try:
            told = json.loads(read_private(path))
            if told["place"] == KEYRING:
                lease = self._keyring.fetch(self._name(provider), "")
                told["kept"] = json.loads(lease.value.reveal())
            return _session(provider, told)
        except SecretMissing:
            gone = True
        except (ValueError, KeyError, TypeError):
            gone = False
        if gone:
            raise AuthenticationFailed(
                f"the keyring has lost the log-in kept for {provider}",
                hint="lockgate logout, then log in",
            )
        raise EnvironmentFailed(
            f"the log-in kept for {provider} cannot be read", hint="lockgate logout, then log in"
        )

    def keep(self, session: KeptSession) -> KeptSession:
        """Keep a log-in, in place of an earlier one; says in its ``place`` where its tokens are."""
        folder = private_folder(self._folder)
        tokens = {"token": session.token.reveal()}
        if session.refresh is not None:
            tokens["refresh"] = session.refresh.reveal()
        place = FILE
        with suppress(SecretUnavailable):
            self._keyring.keep(self._name(session.provider), SecretText(json.dumps(tokens)))
            place = KEYRING
        told = {
            "version": _VERSION,
            "place": place,
            "principal": session.principal,
            "session": session.session,
            "ends_at": session.ends_at.isoformat(),
            "issued_at": session.issued_at.isoformat(),
            "expires_at": session.expires_at.isoformat(),
            **({} if place == KEYRING else {"kept": tokens}),
        }
        _replace(self._path(session.provider), json.dumps(told).encode())
        _replace(folder / _CURRENT, session.provider.encode("ascii"))
        return replace(session, place=place)

    def forget(self, provider: str) -> None:
        """Forget a log-in; one whose file is damaged too, whether there is a keyring or not.

        Raises SecretUnavailable if its tokens are in a keyring that stays shut.
        """
        path = self._path(provider)
        if exists(path):
            place = _place(path)
            if place == KEYRING:
                self._keyring.forget(self._name(provider))
            elif place != FILE:  # damaged: they may be in a keyring that this machine has
                with suppress(SecretUnavailable):
                    self._keyring.forget(self._name(provider))
            path.unlink(missing_ok=True)
        if self.current() == provider:
            (self._folder / _CURRENT).unlink(missing_ok=True)

    def _path(self, provider: str) -> Path:
        return self._folder / f"{provider}.json"

    def _name(self, provider: str) -> str:
        return f"{self._folder.name}.{provider}"


def sessions_folder(project: Path) -> Path:
    """Where log-ins to the project of that folder are: in the user's own folder for state.

    ``XDG_STATE_HOME``, else ``~/.local/state`` (XDG Base Directory Specification 0.8).
    """
    stated = os.environ.get("XDG_STATE_HOME", "")
    base = Path(stated) if stated and Path(stated).is_absolute() else _home() / ".local" / "state"
    key = sha256(os.fsencode(project)).hexdigest()[:32]
    return base / "lockgate" / "sessions" / key


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        pass
    raise EnvironmentFailed("this user has no home folder", hint="set XDG_STATE_HOME")


def _place(path: Path) -> str:
    """Where the tokens are, as the file says; "" if it is damaged."""
    told: Any = None
    with suppress(ValueError, EnvironmentFailed):
        told = json.loads(read_private(path))
    return str(told.get("place", "")) if isinstance(told, dict) else ""


def _session(provider: str, told: dict[str, Any]) -> KeptSession:
    if told["version"] != _VERSION or not _NAME_OF_SESSION.fullmatch(told["session"]):
        raise ValueError
    kept = told["kept"]
    return KeptSession(
        provider,
        str(told["principal"]),
        str(told["session"]),
        _time(told["ends_at"]),
        SecretText(kept["token"]),
        _time(told["issued_at"]),
        _time(told["expires_at"]),
        SecretText(kept["refresh"]) if "refresh" in kept else None,
        told["place"],
    )


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError
    return found


def _replace(path: Path, content: bytes) -> None:
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    create_private(new, content)
    try:
        new.replace(path)
        sync_folder(path.parent)
    except OSError:
        new.unlink(missing_ok=True)
        failed = True
    else:
        failed = False
    if failed:
        raise EnvironmentFailed(f"{path} could not be written")
