"""Who acts on a project: a session in this context, a token, or the system's user."""

from __future__ import annotations

from lockgate.access.current import acting
from lockgate.access.principal import Principal, current_principal
from lockgate.assemble.project_file import Project
from lockgate.run.record import Record
from lockgate.secrets.resolver import Secrets


def principal_of(project: Project, record: Record, secrets: Secrets) -> Principal:
    """Who acts now, as far as it could be verified.

    Raises AuthenticationFailed for a token that is there and does not verify: nobody acts then.
    """
    del project, record, secrets
    return acting() or current_principal()
