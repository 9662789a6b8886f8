"""What went wrong at a remote service, in our words: a vendor's text may hold a credential."""

from __future__ import annotations

from enum import StrEnum

from lockgate.errors import EnvironmentFailed, KeyUnavailable


class FaultKind(StrEnum):
    """Why a remote service did not do it. Only BUSY and UNREACHABLE may pass by themselves."""

    BUSY = "busy"
    """It said that it did nothing: throttled, sealed, starting."""
    UNREACHABLE = "unreachable"
    """No answer, or half of one: it may have done it."""
    DENIED = "denied"
    MISSING = "missing"
    DISABLED = "disabled"
    REFUSED = "refused"
    """The request itself: another context, changed bytes."""
    STRANGE = "strange"
    """An answer that is not one."""


_SAID = {
    FaultKind.BUSY: ("is busy or not ready", "look at its own log, and try again later"),
    FaultKind.UNREACHABLE: (
        "does not answer",
        "check its address, the network and its certificate, and try again",
    ),
    FaultKind.DENIED: (
        "denies it to these credentials",
        "check that they are current and have the permissions of docs/reference/key-services.md",
    ),
    FaultKind.MISSING: ("has nothing of that name", "check the name, and where it is looked for"),
    FaultKind.DISABLED: (
        "says that it is disabled, or waits for its deletion",
        "enable it, or take the deletion back, while that can be done",
    ),
    FaultKind.REFUSED: ("refuses the request", "check that its key is of the right kind"),
    FaultKind.STRANGE: (
        "gave an answer that cannot be trusted",
        "check that the address is that service's, and that nothing stands between",
    ),
}


class RemoteFailed(EnvironmentFailed):
    """A remote service did not do what it was asked; ``kind`` says why, ``service`` who."""

    def __init__(self, service: str, kind: FaultKind) -> None:
        said, hint = _SAID[kind]
        super().__init__(f"{service} {said}", hint=hint)
        self.service = service
        self.kind = kind

    def as_key_unavailable(self) -> KeyUnavailable:
        """The same, for whoever asked for a key."""
        return KeyUnavailable(self.message, hint=self.hint)


def kind_of_status(status: int) -> FaultKind:
    """What a status of HTTP (RFC 9110 section 15) says that was not a success."""
    if status in (429, 503):
        return FaultKind.BUSY
    if status in (401, 403, 407):
        return FaultKind.DENIED
    if status in (404, 410):
        return FaultKind.MISSING
    if status == 408 or 500 <= status <= 599:
        return FaultKind.UNREACHABLE
    return FaultKind.REFUSED if 400 <= status <= 499 else FaultKind.STRANGE
