"""What the commands that ask who may share: opening the questions, and showing an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockgate.access.action import Action
from lockgate.access.resource import ACCESS
from lockgate.cli.face import Face
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from lockgate.access.forecast import Forecast
    from lockgate.assemble.access_questions import AccessQuestions
    from lockgate.assemble.workspace import Workspace

STYLES = {"yes": "green", "depends": "yellow", "no": "dim"}
LOOKING = "looking at who may do what"


@contextmanager
def asking(face: Face) -> Iterator[tuple[AccessQuestions, datetime]]:
    """The project's questions and what time it is. Raises AuthorisationDenied, recorded."""
    from lockgate.assemble.access_of_project import open_questions
    from lockgate.assemble.opened_project import record_of

    with face.workspace() as workspace:
        permit_reading(workspace)
        yield open_questions(workspace.project, record_of(workspace)), record_of(workspace).now()


def permit_reading(workspace: Workspace) -> None:
    """Ask whether who acts may read who may."""
    workspace.gatekeeper.permit(Action.READ_ACCESS, ACCESS, LOOKING)


def moment(text: str | None) -> datetime | None:
    """A time that has a zone. Raises UsageError."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError("--at is a time with its zone", hint="2030-06-03T09:30+00:00")
    return at


def answer_cell(forecast: Forecast) -> Text:
    """The answer, and what it depends on."""
    from lockgate.cli.screen import cell

    word = forecast.answer.value
    said = f"{word}: {', '.join(forecast.needs)}" if forecast.needs else word
    return cell(said, STYLES[word])


def as_document(forecast: Forecast) -> dict[str, Any]:
    """An answer as plain JSON."""
    return {
        "answer": forecast.answer.value,
        "needs": list(forecast.needs),
        "policies": list(forecast.policies),
    }
