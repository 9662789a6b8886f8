"""Let a test deny some actions of a project, as a policy would, and leave the rest as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from lockgate.access.action import Action
from lockgate.access.decision import AccessRequest, Decision, Reason
from lockgate.access.gatekeeper import Gatekeeper


def deny(monkeypatch: pytest.MonkeyPatch, denied: Callable[[Action, str], bool]) -> None:
    """Deny what ``denied`` says of an action and a resource's name."""
    decide = Gatekeeper.decide

    def decided(self: Gatekeeper, request: AccessRequest) -> Decision:
        if denied(request.action, request.resource.name):
            return Decision(False, Reason.FORBIDDEN, ("denied-by-test",))
        return decide(self, request)

    monkeypatch.setattr(Gatekeeper, "decide", decided)
