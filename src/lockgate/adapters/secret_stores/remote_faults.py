"""What a remote service's fault means for who asked it for a secret."""

from __future__ import annotations

from lockgate.adapters.remote.faults import FaultKind, RemoteFailed
from lockgate.errors import SecretDenied, SecretMissing, SecretUnavailable


def as_secret_error(fault: RemoteFailed) -> SecretUnavailable:
    """The error to raise instead: missing, denied, or unavailable for anything else."""
    if fault.kind is FaultKind.MISSING:
        return SecretMissing(
            f"{fault.service} has no such secret, or its latest version was taken away",
            hint="put it there, or mend the reference",
        )
    if fault.kind is FaultKind.DENIED:
        return SecretDenied(
            f"{fault.service} denies it to these credentials",
            hint="check that they are current, and that their policy lets them read this path",
        )
    if fault.kind is FaultKind.REFUSED:
        return SecretUnavailable(
            f"{fault.service} refuses to give it", hint="is its latest version enabled?"
        )
    return SecretUnavailable(fault.message, hint=fault.hint)
