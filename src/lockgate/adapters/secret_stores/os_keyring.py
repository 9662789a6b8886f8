"""The operating system's keyring as a secret store: ``secret://NAME/USER``; log-ins are kept there.

``keyring`` picks a backend by what is installed, which may be one that writes clear text or keeps
nothing. Only those that the system itself protects are taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

from lockgate.errors import SecretDenied, SecretMissing, SecretUnavailable
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.secret import SecretText
from lockgate.secrets.fields import secret_of
from lockgate.secrets.ports import Lease

PROTECTED: Final = frozenset(
    f"keyring.backends.{name}"
    for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
_CHAIN: Final = "keyring.backends.chainer"


class KeyringStore:
    """A ``SecretStore`` over the user's keyring; ``service`` is the name things are kept under."""

    def __init__(
        self,
        service: str,
        backend: Any = None,
        limits: Limits = DEFAULT_LIMITS,
        seconds: float | None = None,
    ) -> None:
        """``backend`` is keyring's own choice if None. ``seconds`` bounds one look."""
        self._service = service
        self._backend = backend
        self._limits = limits
        self._seconds = limits.remote_seconds if seconds is None else seconds

    def fetch(self, path: str, field: str) -> Lease:
        """What is kept for the user ``path``. A keyring counts no versions: it is ``current``.

        Raises SecretMissing, SecretDenied if the keyring stays locked, SecretUnavailable if there
        is none that the system protects, or it does not answer in time: it may be waiting for
        somebody to unlock it.
        """
        backend = self._backend or protected_backend()
        found = self._ask(lambda: backend.get_password(self._service, path))
        if found is None:
            raise SecretMissing(
                "the keyring has nothing by that name",
                hint=f"keyring set {self._service} {path}",
            )
        return Lease(secret_of(found.reveal(), field, self._limits), "current")

    def keep(self, path: str, value: SecretText) -> None:
        """Keep ``value`` for the user ``path``, in place of what was there. Raises as ``fetch``."""
        backend = self._backend or protected_backend()
        self._ask(lambda: backend.set_password(self._service, path, value.reveal()))

    def forget(self, path: str) -> None:
        """Keep nothing for ``path`` any more. Raises as ``fetch``, not if it is missing."""
        backend = self._backend or protected_backend()

        def delete() -> None:
            if backend.get_password(self._service, path) is not None:
                backend.delete_password(self._service, path)

        self._ask(delete)

    def _ask(self, action: Callable[[], str | None]) -> SecretText | None:
        answer = _Answer(action)
        answer.join(self._seconds)
        if answer.is_alive():
            raise SecretUnavailable(
                "the keyring does not answer", hint="unlock it; nobody is asked from here"
            )
        if answer.failed:
            raise answer.failed
        return answer.value


class _Answer(threading.Thread):
    """One call of the keyring, which may wait for a prompt that nobody sees."""

    def __init__(self, action: Callable[[], str | None]) -> None:
        super().__init__(daemon=True, name="lockgate-keyring")
        self._action = action
        self.value: SecretText | None = None
        self.failed: SecretUnavailable | None = None
        self.start()

    def run(self) -> None:
        try:
            found = self._action()
        except Exception as error:  # noqa: BLE001 - a backend's own errors; any of them is a no
            locked = "Locked" in type(error).__name__ or "Denied" in type(error).__name__
            kind = SecretDenied if locked else SecretUnavailable
            self.failed = kind(
                f"the keyring failed with {type(error).__name__}", hint="unlock it, then try again"
            )
            return
        self.value = None if found is None else SecretText(found)


def protected_backend() -> Any:
    """The backend that keyring chooses. Raises SecretUnavailable unless the system protects it."""
    try:
        import keyring
    except ModuleNotFoundError:
        raise SecretUnavailable(
            "the keyring needs the package keyring", hint="pip install 'lockgate[keyring]'"
        ) from None
    chosen = keyring.get_keyring()
    chained = type(chosen).__module__ == _CHAIN
    parts: list[object] = list(getattr(chosen, "backends", ())) if chained else [chosen]
    if parts and all(type(part).__module__ in PROTECTED for part in parts):
        return chosen
    raise SecretUnavailable(
        "this machine has no keyring that the system protects",
        hint="start one (gnome-keyring, KWallet), or use another store",
    )
