"""What the commands that ask who may share: opening the questions, and showing an answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lockgate.access.action import Action
from lockgate.access.resource import ACCESS, Resource, ResourceKind
from lockgate.cli.face import Face
from lockgate.errors import UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from lockgate.access.forecast import Forecast
    from lockgate.assemble.access_questions import AccessQuestions
    from lockgate.assemble.workspace import Workspace

STYLES = {"yes": "green", "depends": "yellow", "no": "dim"}
LOOKING = "looking at who may do what"
_NAMED = (ResourceKind.ZONE, ResourceKind.PIPELINE, ResourceKind.DATASET)


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


def warn_of_unknown(face: Face, questions: AccessQuestions, asked: Resource) -> None:
    """Say that the project names no such thing: the answer is of any that had that name."""
    from lockgate.assemble.access_questions import things
    from lockgate.cli.screen import cell

    project = questions.project
    taxonomy = project.taxonomy
    unknown = [one for one in asked.labels if not (taxonomy.known(one) or "(" in one)]
    if unknown:
        said = f"label: {taxonomy.suggestion(unknown[0])}"
    else:
        known = sorted(name for kind, name in things(project) if kind is asked.kind)
        if asked.kind not in _NAMED or asked.name in known:
            return
        said = f"{asked.kind.value}: there are {', '.join(known) or 'none'}"
    if not (face.as_json or face.quiet):
        face.err.print(cell(f"This project has no such {said}", "yellow"))


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
