"""Having somebody approve what they did not see, and seeing what one may not decide on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from access_desks import Office, person
from acting_as import act_as
from lockgate.access.action import Action
from lockgate.access.grant_rows import Approval
from lockgate.access.principal import Principal
from lockgate.access.resource import key_domain, label
from lockgate.access.scope import Scope
from lockgate.assemble.workspace import Workspace
from lockgate.cli.face import Face
from lockgate.cli.main import invoke
from lockgate.errors import AuthorisationDenied, UsageError
from lockgate.ledger.access_events import AccessDenied
from lockgate.run.request_list import request, requests
from lockgate.run.second_word import ask, decide
from lockgate.testing.memory_state import MemoryStateStore
from small_project import make_project
from two_persons import ADA, BOB

ANN, DAN, EVE, SAM = (person(name) for name in ("ann", "dan", "eve", "sam"))
EMAIL = key_domain("email")


@pytest.fixture
def office() -> Office:
    """Sam and Dan ask; Eve may approve, and read nothing else about access; Ann holds nothing."""
    office = Office(MemoryStateStore())
    office.give(SAM.id, "security_officer")
    office.give(DAN.id, "data_engineer")
    office.give(EVE.id, "privacy_officer")
    return office


def asked(office: Office, by: Principal = DAN) -> Approval:
    return ask(office.act(by), Action.DESTROY_KEY, EMAIL, "ended", "as agreed")


def denials(office: Office) -> list[AccessDenied]:
    events = [entry.event for entry in office.record.ledger.read()]
    return [event for event in events if isinstance(event, AccessDenied)]


def test_who_may_approve_reads_what_waits_and_nothing_is_recorded_of_what_they_may_not(
    office: Office,
) -> None:
    row = asked(office)
    assert requests(office.act(EVE), everything=False) == (row,)
    assert request(office.act(EVE), row.id) == row
    assert denials(office) == []


def test_a_list_without_requests_is_empty_for_who_may_approve(office: Office) -> None:
    assert requests(office.act(EVE), everything=True) == ()


def test_who_asked_sees_their_own_and_no_other(office: Office) -> None:
    own, other = asked(office), asked(office, SAM)
    assert requests(office.act(DAN), everything=False) == (own,)
    assert set(requests(office.act(SAM), everything=False)) == {own, other}
    with pytest.raises(AuthorisationDenied):
        request(office.act(DAN), other.id)
    assert denials(office)[-1].action == "approve"


def test_whoever_has_no_part_in_it_sees_no_request(office: Office) -> None:
    row = asked(office)
    for look in (lambda: requests(office.act(ANN), everything=True),
                 lambda: request(office.act(ANN), row.id),
                 lambda: request(office.act(ANN), "a0000000000000")):  # fmt: skip
        before = len(denials(office))
        with pytest.raises(AuthorisationDenied):
            look()
        assert len(denials(office)) == before + 1


def test_an_approver_of_something_else_sees_it_not(office: Office) -> None:
    office.give("user:len", "privacy_officer", scope=Scope(labels=("pii",)))
    mine = ask(office.act(DAN), Action.SHRED, label("pii.email"), "asked", "erasure")
    asked(office)
    assert requests(office.act(person("len")), everything=True) == (mine,)


def test_whose_roles_ended_sees_their_own_no_more(office: Office) -> None:
    asked(office)
    [row] = office.rows.grants.of([DAN.id])
    office.rows.grants.change(row, revoked_at=office.at)
    with pytest.raises(AuthorisationDenied):
        requests(office.act(DAN), everything=True)


def test_asking_whether_one_may_uses_no_approval_up(office: Office) -> None:
    row = asked(office, SAM)
    decide(office.act(EVE), row.id, approved=True)
    office.who = SAM
    assert office.gate.would_permit(Action.DESTROY_KEY, EMAIL, "ended")
    assert office.gate.permit(Action.DESTROY_KEY, EMAIL, "ended").allowed


# ------------------------------------------------------------------ on the command line

Call = Callable[..., int]
HIDDEN = "agreed\x1b[2K\x1b[1A\r\u202e with legal"


@pytest.fixture
def waiting(tmp_path: Path) -> tuple[Path, str]:
    """A project where somebody asked for something, with a reason that would rewrite a screen."""
    folder = make_project(tmp_path / "p")
    with (folder / "lockgate.yaml").open("a") as file:
        file.write("\naccess:\n  two_person: [destroy-key]\n")
    about = key_domain("email", "destroy all")
    with Workspace.open(folder) as workspace:
        workspace.grants.first_admin(ADA.id)
        with act_as(ADA):
            workspace.grants.grant(BOB.id, "privacy_officer", reason="x")
        made = workspace.grants.ask(
            Action.DESTROY_KEY, about, purpose="contract ended", reason=HIDDEN
        )
    return folder, made.id


def approve(place: tuple[Path, str], *words: str) -> int:
    with act_as(BOB):
        return invoke(["access", "approve", place[1], *words, "--project", str(place[0])])


def state(place: tuple[Path, str]) -> str:
    with Workspace.open(place[0]) as workspace:
        return workspace.grants.requested(place[1]).state.value


def is_told(shown: str) -> bool:
    words = ("os:", "destroy-key", "key-domain:email;detail=destroy all", "contract ended")
    return all(word in shown for word in words) and r"agreed\x1b[2K" in shown


def test_an_approval_that_nobody_confirms(
    waiting: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ((), ("--json",), ("--quiet",)):
        assert approve(waiting, *words) == UsageError.exit_code
        shown = capsys.readouterr()
        assert "--yes" in shown.out + shown.err
        assert "\x1b" not in shown.out + shown.err
        assert state(waiting) == "requested"


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
@pytest.mark.parametrize("answer", [True, False])
def test_an_approver_sees_what_it_is_before_the_question(
    waiting: tuple[Path, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,
    quiet: tuple[str, ...],
) -> None:
    def confirm(*words: object, **_: object) -> None:
        shown = capsys.readouterr()
        assert is_told(shown.err)
        assert "\x1b" not in shown.out + shown.err
        assert "\u202e" not in shown.out + shown.err
        if not answer:
            raise KeyboardInterrupt

    monkeypatch.setattr("click.confirm", confirm)
    monkeypatch.setattr(Face, "interactive", True)
    assert (approve(waiting, *quiet) == 0) == answer
    assert state(waiting) == ("approved" if answer else "requested")


def test_a_script_that_says_yes_logs_what_it_approved(
    waiting: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert approve(waiting, "--yes") == 0
    assert is_told(capsys.readouterr().err)
