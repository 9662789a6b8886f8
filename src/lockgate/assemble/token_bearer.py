"""Who acts when a project is opened with a token: whoever the token stands for, each time anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lockgate.access.current import acting
from lockgate.access.ports import TokenVerifier
from lockgate.access.principal import Principal
from lockgate.run.record import Record
from lockgate.secret import SecretText

GivenToken = SecretText | Callable[[], SecretText]
"""An access token, or a function that gives the present one."""


@dataclass(frozen=True, slots=True)
class TokenBearer:
    """Verifies the token at every decision: a session that was ended ends here too."""

    record: Record
    verifier: TokenVerifier
    token: GivenToken

    def __call__(self) -> Principal:
        """The principal of an open session, else of the token. Raises AuthenticationFailed."""
        session = acting()
        if session is not None:
            return session
        token = self.token if isinstance(self.token, SecretText) else self.token()
        return self.verifier.verify(token, self.record.now())
