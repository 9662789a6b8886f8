"""A project's keys over their whole life: what opens, what no longer does, and what proves when."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.csv as pa_csv
import pytest

from keys_at_hand import raw_keyring
from lockgate.assemble import resources
from lockgate.assemble.rewrapping import RewrapRequest
from lockgate.assemble.workspace import Workspace
from lockgate.errors import (
    AuthorisationDenied,
    ConfigurationError,
    IntegrityError,
    KeyUnavailable,
    UsageError,
)
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.keys.versions import Versions
from lockgate.ledger.key_events import KeyDestroyed, KeyDestructionScheduled, KeyRotated
from lockgate.secret import SecretBytes
from small_project import ROWS, change, make_project

ZONE = "{pii: encrypt, pii.id: tokenize, pii.email: tokenize, public: allow}"
ENCRYPTED = "{pii: drop, pii.id: tokenize, pii.email: encrypt, public: allow}"


class Clock:
    """The project's time, moved by tests."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> None:
        self.now += timedelta(days=days)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(resources, "now", clock)
    return clock


@pytest.fixture
def project(tmp_path: Path, clock: Clock) -> Path:
    folder = make_project(tmp_path / "people")
    change(folder / "policy" / "zones.yaml", ZONE, ENCRYPTED)
    return folder


@pytest.fixture
def workspace(project: Path) -> Iterator[Workspace]:
    with Workspace.open(project) as workspace:
        yield workspace


def release(workspace: Workspace, person: int) -> Path:
    """One more run, of one more person; the CSV it released."""
    extra = f"{person},p{person}@example.org,,Oslo\n"
    data = workspace.project.folder / "data" / "people.csv"
    data.write_text(ROWS + extra, encoding="utf-8")
    result = workspace.run("people")
    return result.sinks["study"] / "part-00000.csv"


def emails(workspace: Workspace, file: Path) -> list[str]:
    values = workspace.reveal_file(file, "email", purpose="test").values
    assert values is not None
    return values.to_pylist()


def set_key(project: Path, number: int, **columns: str) -> None:
    """Edit a key's row by hand."""
    names = ", ".join(f"{name} = ?" for name in columns)
    with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
        connection.execute(
            f"UPDATE key_versions SET {names} WHERE number = ?", (*columns.values(), number)
        )


class TestThreeVersionsLive:
    def test_all_open_and_after_one_is_destroyed_all_but_its_own(
        self, workspace: Workspace, clock: Clock
    ) -> None:
        files = []
        for person in (11, 12, 13):
            files.append(release(workspace, person))
            workspace.rotate("email")
        assert [emails(workspace, file)[-1] for file in files] == [
            f"p{person}@example.org" for person in (11, 12, 13)
        ]

        workspace.keys.schedule_destruction("email", 2, "test")
        clock.pass_days(30.5)
        (gone,) = workspace.keys.destroy_due("test")

        assert emails(workspace, files[0])[-1] == "p11@example.org"
        assert emails(workspace, files[2])[-1] == "p13@example.org"
        with pytest.raises(KeyUnavailable):
            emails(workspace, files[1])
        events = [e.event for e in workspace.ledger.read()]
        (proof,) = (e for e in events if isinstance(e, KeyDestroyed))
        assert (proof.key_number, proof.version, proof.at) == (gone.number, 2, clock.now)
        assert workspace.ledger.verify().size == len(events) + 1  # the reading itself

    def test_a_run_that_is_overtaken_by_a_rotation_ends_with_the_key_it_has(
        self, workspace: Workspace, project: Path
    ) -> None:
        before = Versions(workspace.state.keys).primary("email", KeyUse.ENCRYPTION)

        def overtake(rows: int, rejected: int) -> None:
            with Workspace.open(project) as other:
                if len(other.keyring.versions("email")) < 4:
                    other.rotate("email")

        result = workspace.run("people", progress=overtake)
        assert before.number in result.receipt.key_numbers
        assert len(workspace.keyring.versions("email")) > 2
        text = (result.sinks["study"] / "part-00000.csv").read_text()
        assert emails(workspace, result.sinks["study"] / "part-00000.csv")[0] == "ann@example.org"
        assert text.count("lkg1_Eg") == 3  # ciphertexts, and below: all under that one key
        table = pa_csv.read_csv(result.sinks["study"] / "part-00000.csv")
        assert len({value[:10] for value in table.column("email").to_pylist()}) == 1


class TestWaiting:
    def test_the_encrypting_version_is_not_destroyed_before_it_is_rotated(
        self, workspace: Workspace
    ) -> None:
        with pytest.raises(UsageError, match="encrypts for") as caught:
            workspace.keys.schedule_destruction("email", 1, "test")
        assert "rotate" in caught.value.hint

    def test_it_opens_nothing_at_once_and_all_again_when_cancelled(
        self, workspace: Workspace
    ) -> None:
        file = release(workspace, 11)
        workspace.rotate("email")
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
        assert waiting.destroy_at is not None
        with pytest.raises(KeyUnavailable):
            emails(workspace, file)

        workspace.keys.cancel_destruction("email", None, "test")
        assert emails(workspace, file)[-1] == "p11@example.org"

    def test_the_next_run_destroys_what_is_due_and_no_run_before(
        self, workspace: Workspace, clock: Clock
    ) -> None:
        workspace.rotate("email")
        workspace.keys.schedule_destruction("email", 1, "test")
        clock.pass_days(29.5)
        release(workspace, 11)
        versions = Versions(workspace.state.keys)
        assert versions.encryption("email", 1).state is KeyState.PENDING_DESTRUCTION
        clock.pass_days(1)
        release(workspace, 12)
        assert versions.encryption("email", 1).state is KeyState.DESTROYED

    def test_a_whole_domain_takes_its_index_key_along(
        self, workspace: Workspace, clock: Clock
    ) -> None:
        release(workspace, 11)
        workspace.rotate("email")
        doomed = workspace.keys.schedule_destruction("email", None, "test")
        assert [(v.use.value, v.version) for v in doomed] == [
            ("index", 1),
            ("encryption", 1),
            ("encryption", 2),
        ]
        data = workspace.project.folder / "data" / "people.csv"
        data.write_text(ROWS + "14,x@example.org,,\n", encoding="utf-8")
        with pytest.raises(KeyUnavailable):
            workspace.run("people")
        clock.pass_days(31)
        assert len(workspace.keys.destroy_due("test")) == 3
        with pytest.raises(UsageError):
            workspace.keys.cancel_destruction("email", None, "test")

    def test_an_imported_fernet_key_ends_alone_and_comes_back_to_open(
        self, workspace: Workspace
    ) -> None:
        fernet = KeyUse.FERNET
        for _ in range(2):
            material = SecretBytes(os.urandom(64))
            raw_keyring(workspace).life.import_fernet("email", material, "test", writes=True)
        with pytest.raises(UsageError) as caught:
            workspace.keys.schedule_destruction("email", 2, "test", fernet)
        assert "import another" in caught.value.hint
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test", fernet)
        assert (waiting.use, waiting.version) == (fernet, 1)
        assert Versions(workspace.state.keys).encryption("email", 1).state is KeyState.PRIMARY
        with pytest.raises(UsageError):
            workspace.keys.cancel_destruction("email", 1, "test")  # of the encryption key
        (kept,) = workspace.keys.cancel_destruction("email", 1, "test", fernet)
        assert kept.state is KeyState.DECRYPT_ONLY

    def test_lockgates_own_domains_are_not_for_destroying(self, workspace: Workspace) -> None:
        release(workspace, 11)
        with pytest.raises(UsageError, match="reserved"):
            workspace.keys.schedule_destruction("lockgate.digests", None, "test")

    def test_without_a_purpose_nothing_is_destroyed(self, workspace: Workspace) -> None:
        workspace.rotate("email")
        with pytest.raises(AuthorisationDenied):
            workspace.keys.schedule_destruction("email", 1, "  ")
        with pytest.raises(AuthorisationDenied):
            workspace.keys.cancel_destruction("email", 1, "")

    def test_the_days_are_the_projects_and_never_below_the_floor_by_accident(
        self, project: Path, clock: Clock
    ) -> None:
        file = project / "lockgate.yaml"
        change(file, "  service: local", "  destroy_after_days: 9\n  service: local")
        with Workspace.open(project) as workspace:
            workspace.rotate("email")
            (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
            assert waiting.destroy_at == clock.now + timedelta(days=9)
            workspace.keys.cancel_destruction("email", 1, "test")
        change(file, "destroy_after_days: 9", "destroy_after_days: 6")
        with pytest.raises(ConfigurationError) as caught:
            Workspace.open(project)
        assert "unsafe_destroy_after_days" in str(caught.value.problems)
        change(file, "destroy_after_days: 6", "unsafe_destroy_after_days: 0")
        with Workspace.open(project) as workspace:
            workspace.keys.schedule_destruction("email", 1, "test")
            assert len(workspace.keys.destroy_due("test")) == 1
            scheduled = [
                e.event
                for e in workspace.ledger.read()
                if isinstance(e.event, KeyDestructionScheduled)
            ]
            assert scheduled[-1].destroy_at == scheduled[-1].at


class TestByAge:
    def test_a_due_domain_rotates_at_the_start_of_a_run_and_not_before(
        self, project: Path, clock: Clock
    ) -> None:
        (project / "policy" / "domains.yaml").write_text(
            "domains: {email: {normaliser: email, rotate_after_days: 90}}\n"
        )
        with Workspace.open(project) as workspace:
            clock.pass_days(89)
            release(workspace, 11)
            assert len(workspace.keyring.versions("email")) == 2
            clock.pass_days(1)
            assert [v.domain for v in workspace.keys.due()] == ["email"]
            receipt_of = release(workspace, 12)
            newest = workspace.keyring.versions("email")[-1]
            assert (newest.version, newest.state) == (2, KeyState.PRIMARY)
            assert workspace.keys.due() == ()
            assert emails(workspace, receipt_of)[-1] == "p12@example.org"
            rotated = [e.event for e in workspace.ledger.read() if isinstance(e.event, KeyRotated)]
            assert [(e.domain, e.purpose) for e in rotated] == [("email", "rotation by age")]
            report = {r.version.number: r for r in workspace.keys.report()}
            assert report[newest.number].usage.releases == 1

    def test_a_library_gate_and_a_replay_do_what_is_due_too(
        self, project: Path, clock: Clock
    ) -> None:
        change(
            project / "lockgate.yaml", "service: local", "rotate_after_days: 9\n  service: local"
        )
        with Workspace.open(project) as workspace:
            run_id = workspace.run("people").run_id
            for begin in (
                lambda: workspace.gate("people", "study"),
                lambda: workspace.quarantine_replay(run_id),
            ):
                clock.pass_days(10)
                begin()
                newest = workspace.keyring.versions("email")[-1]
                assert newest.created_at == clock.now

    def test_the_projects_own_days_leave_lockgates_domains_alone(
        self, project: Path, clock: Clock
    ) -> None:
        change(
            project / "lockgate.yaml", "service: local", "rotate_after_days: 1\n  service: local"
        )
        with Workspace.open(project) as workspace:
            release(workspace, 11)
            clock.pass_days(2)
            due = {v.domain for v in workspace.keys.due()}
            assert "email" in due
            assert not any(name.startswith("lockgate.") for name in due)
            assert {v.domain for v in workspace.keys.rotate_due("test")} == due
            assert workspace.keys.rotate_due("test") == ()


class TestReport:
    def test_it_says_where_each_key_was_used(self, workspace: Workspace) -> None:
        release(workspace, 11)
        workspace.rotate("email")
        file = release(workspace, 12)
        report = {
            (r.version.domain, r.version.use, r.version.version): r.usage
            for r in workspace.keys.report()
        }

        old, new = (report["email", KeyUse.ENCRYPTION, version] for version in (1, 2))
        assert (old.releases, new.releases) == (1, 1)
        assert new.pipelines == {"people"}
        assert "study" in new.zones
        assert new.last_run in str(file)
        assert new.rows == 8  # four rows to each of two sinks
        assert report["email", KeyUse.INDEX, 1].releases == 0

    def test_after_a_rewrap_it_says_how_many_files_left_a_key(self, workspace: Workspace) -> None:
        folder = release(workspace, 11).parent
        workspace.rotate("email")
        request = RewrapRequest((folder,), "test")
        assert len(list(workspace.keys.rewrap(request))) == 1
        usage = {
            (r.version.use, r.version.version): r.usage
            for r in workspace.keys.report()
            if r.version.domain == "email"
        }
        old, new = usage[KeyUse.ENCRYPTION, 1], usage[KeyUse.ENCRYPTION, 2]
        assert (old.rewrapped_from, old.rewrapped_to, old.releases) == (1, 0, 1)
        assert (new.rewrapped_from, new.rewrapped_to, new.releases) == (0, 1, 0)

    def test_a_destroyed_key_that_is_back_is_found(
        self, workspace: Workspace, project: Path, clock: Clock
    ) -> None:
        """An older backup of the state's rows is put over the destroyed version."""
        workspace.rotate("email")
        old = Versions(workspace.state.keys).encryption("email", 1)
        workspace.keys.check()
        workspace.keys.schedule_destruction("email", 1, "test")
        clock.pass_days(31)
        workspace.keys.destroy_due("test")
        workspace.keys.check()
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute(
                "UPDATE key_versions SET state = 'decrypt-only', wrapped = ? WHERE number = ?",
                (old.wrapped, old.number),
            )
        with pytest.raises(IntegrityError, match="is back"):
            workspace.keys.check()

    def test_a_key_that_should_wait_and_opens_again_is_found(
        self, workspace: Workspace, project: Path
    ) -> None:
        workspace.rotate("email")
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
        workspace.keys.check()
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute(
                "UPDATE key_versions SET state = 'decrypt-only', destroy_at = NULL"
                " WHERE number = ?",
                (waiting.number,),
            )
        with pytest.raises(IntegrityError, match="should wait"):
            workspace.keys.check()

    def test_a_wait_that_was_cut_short_in_the_store_destroys_nothing(
        self, workspace: Workspace, project: Path
    ) -> None:
        workspace.rotate("email")
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
        set_key(project, waiting.number, destroy_at="2020-01-01T00:00:00.000000Z")
        with pytest.raises(IntegrityError, match="is to be destroyed on"):
            workspace.keys.check()
        for refused in (
            lambda: workspace.keys.destroy_due("test"),
            lambda: workspace.run("people"),
        ):
            with pytest.raises(IntegrityError, match="nothing is destroyed"):
                refused()
        assert Versions(workspace.state.keys).encryption("email", 1).wrapped
        workspace.keys.cancel_destruction("email", 1, "test")
        workspace.keys.check()

    @pytest.mark.parametrize(
        "columns",
        [
            {"destroy_at": "2026-01-01T00:00:00"},
            {"destroy_at": "soon"},
            {"created_at": "9999-12-31T00:00:00.000000Z"},
        ],
    )
    def test_a_day_that_is_none_is_refused_as_what_it_is(
        self, project: Path, columns: dict[str, str]
    ) -> None:
        file = project / "lockgate.yaml"
        change(file, "service: local", "rotate_after_days: 9\n  service: local")
        with Workspace.open(project) as workspace:
            keys, newest = workspace.keys, Versions(workspace.state.keys).encryption("email", 1)
            waits = {"state": "to-be-destroyed"} if "destroy_at" in columns else {}
            set_key(project, newest.number, **columns, **waits)
            for refused in (keys.due, lambda: workspace.run("people")):
                with pytest.raises(IntegrityError):
                    refused()

    def test_a_wait_that_nobody_asked_for_destroys_nothing(
        self, workspace: Workspace, project: Path
    ) -> None:
        workspace.rotate("email")
        old = Versions(workspace.state.keys).encryption("email", 1)
        set_key(
            project, old.number, state="to-be-destroyed", destroy_at="2020-01-01T00:00:00.000000Z"
        )
        for refused in (workspace.keys.check, lambda: workspace.keys.destroy_due("test")):
            with pytest.raises(IntegrityError, match="nobody asked"):
                refused()
        assert Versions(workspace.state.keys).encryption("email", 1).wrapped

    def test_a_clock_that_was_set_back_shortens_no_wait(
        self, workspace: Workspace, clock: Clock
    ) -> None:
        """Also when an entry was written since: the latest time counts, not the last entry's."""
        workspace.rotate("email")
        clock.pass_days(-31)
        workspace.rotate("email")
        with pytest.raises(IntegrityError, match="the clock says"):
            workspace.keys.schedule_destruction("email", 1, "test")
        clock.pass_days(31)
        (waiting,) = workspace.keys.schedule_destruction("email", 1, "test")
        assert waiting.destroy_at == clock.now + timedelta(days=30)

    def test_a_key_that_is_gone_is_found(self, workspace: Workspace, project: Path) -> None:
        workspace.rotate("email")
        newest = workspace.keyring.versions("email")[-1]
        with sqlite3.connect(project / ".lockgate" / "state.db") as connection:
            connection.execute("DELETE FROM key_versions WHERE number = ?", (newest.number,))
        with pytest.raises(IntegrityError, match="missing"):
            workspace.keys.check()
