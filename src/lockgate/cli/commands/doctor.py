"""``lockgate doctor``: is this machine, and this project, in order? No secrets in its answer."""

from __future__ import annotations

import os
import platform
import stat
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lockgate.cli.face import Face
from lockgate.cli.lazy import LockgateCommand
from lockgate.errors import ConfigurationError, ExitCode, KernelError, LockgateError

if TYPE_CHECKING:
    from lockgate.assemble.workspace import Workspace

PACKAGES = ("pyarrow", "pydantic", "cryptography", "SQLAlchemy", "click", "rich")
ENTROPY = "/dev/urandom"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at: ``ok``, ``warning`` or ``failed``."""

    what: str
    state: str
    found: str
    advice: str = ""


@click.command(
    "doctor",
    cls=LockgateCommand,
    short_help="Check this machine and this project.",
    examples=("lockgate doctor", "lockgate doctor --json"),
)
@click.pass_obj
def command(face: Face) -> int:
    """Look at Python, the libraries and the kernel, and at the project if there is one.

    In a project: its files, secrets, state, key service, keys, ledger and permissions.
    Ends with exit code 9 if something failed.
    """
    findings = [*machine(), *project(face)]
    failed = any(item.state == "failed" for item in findings)
    if face.as_json:
        face.emit({"ok": not failed, "findings": [asdict(item) for item in findings]})
    else:
        from lockgate.cli.screen import cell, make_table

        styles = {"ok": "green", "warning": "yellow", "failed": "bold red"}
        table = make_table("what", "state", "found")
        for item in findings:
            shown = f"{item.found} - {item.advice}" if item.advice else item.found
            table.add_row(cell(item.what), cell(item.state, styles[item.state]), cell(shown))
        face.out.print(table)
    return int(ExitCode.ENVIRONMENT) if failed else 0


def machine() -> list[Examined]:
    """Python, libraries, the kernel in use."""
    current = sys.version_info >= (3, 11)
    found = [
        Examined(
            "Python",
            "ok" if current else "failed",
            f"{platform.python_version()} on {platform.system()} {platform.machine()}",
            "" if current else "3.11 or newer is needed",
        )
    ]
    for package in PACKAGES:
        try:
            found.append(Examined(package, "ok", version(package)))
        except PackageNotFoundError:
            found.append(Examined(package, "failed", "missing", "install lockgate again"))
    found.append(_kernel())
    found.append(_process())
    return found


def _process() -> Examined:
    """What others on this machine can learn from a process of this command (hardening.md)."""
    from lockgate.hardening import hardening
    from lockgate.secret import SecretBytes

    first = SecretBytes(bytes(32))  # the pages for secrets are made with it
    level = hardening()
    del first
    missing = [
        lack
        for lack, there in (
            ("a crash may leave a core", not level.leaves_no_core),
            ("others of this user may read its memory", level.dumpable),
            ("secrets may be swapped", level.locked_bytes < level.secret_bytes),
        )
        if there
    ]
    if missing:
        advice = "raise `ulimit -l`" if len(missing) == 1 and "swapped" in missing[0] else ""
        return Examined("process", "warning", "; ".join(missing), advice)
    return Examined(
        "process",
        "ok",
        f"leaves no core, not readable by others, {level.locked_bytes} bytes for secrets locked",
    )


def _kernel() -> Examined:
    """Which kernel is in use, and why."""
    from lockgate.kernel.choice import choose

    try:
        choice = choose()
    except KernelError as error:
        return _failed("kernel", error)
    if choice.is_native:
        aes = f"AES by {choice.aes}"
        return Examined("kernel", "ok", f"native {choice.version}, {aes} ({choice.why})")
    return Examined("kernel", "ok", f"portable: same bytes, slower ({choice.why})")


def project(face: Face) -> list[Examined]:
    """The project's files, ledger, keys and the permissions of what must stay private."""
    found: list[Examined] = []
    try:
        with face.workspace() as workspace:
            folder = Path(workspace.project.folder)
            found.append(Examined("project", "ok", f"{workspace.project.name} in {folder}"))
            found += permissions(folder)
            found += _secrets(workspace)
            found.append(_ledger(workspace))
            found += _access(workspace)
            found += _key_services(workspace)
            found += _keys(workspace)
    except ConfigurationError as error:
        if face.project is None and not error.problems and error.where is None and not found:
            return [Examined("project", "ok", "none here", "`lockgate init DIR` starts one")]
        found.append(_failed("project", error))
    except LockgateError as error:
        found.append(_failed("project", error))
    return found


def _failed(what: str, error: LockgateError) -> Examined:
    return Examined(what, "failed", f"{error.code} {error.message}", error.hint)


def _ledger(workspace: object) -> Examined:
    try:
        report = workspace.ledger.verify()  # type: ignore[attr-defined]
    except LockgateError as error:
        return _failed("ledger", error)
    return Examined("ledger", "ok", f"whole, {report.size} events")


def _access(workspace: Workspace) -> list[Examined]:
    """Whether grants are what the ledger says, and every break-glass was looked at in time."""
    try:
        health = workspace.grants.health()
    except LockgateError as error:
        return [_failed("access", error)]
    found = []
    if health.differences:
        told = f"{health.differences} differences between grants and the ledger"
        found.append(Examined("access", "failed", told, "lockgate access verify"))
    if health.overdue:
        told = f"{health.overdue} break-glass not reviewed for more than 7 days"
        found.append(Examined("access", "failed", told, "lockgate access review"))
    return found or [Examined("access", "ok", "grants are what the ledger says")]


def _secrets(workspace: Workspace) -> list[Examined]:
    """Whether every secret that is referred to can be read, and none stands in a file."""
    from lockgate.assemble.project_file_secrets import is_production
    from lockgate.assemble.secret_references import secret_findings

    folder = Path(workspace.project.folder)
    found = [
        Examined("secrets", "failed", f"{one.where}: {one.message}", one.fix)
        for one in secret_findings(workspace.project)
    ]
    if is_production(workspace.project.environment) and (folder / ".env").exists():
        found.append(
            Examined("secrets", "warning", ".env lies here in production", "nothing reads it")
        )
    try:
        states = workspace.check_secrets()
    except LockgateError as error:
        return [*found, _failed("secrets", error)]
    found += [
        Examined("secrets", "failed", f"{one.state}: {one.why}", one.hint)
        for one in states
        if one.state != "found"
    ]
    return found or [Examined("secrets", "ok", f"{len(states)} referred to, all found")]


def _key_services(workspace: Workspace) -> list[Examined]:
    """Whether each key service wraps and unwraps, asked now."""
    found = []
    for service, error in workspace.keys.check_services():
        if error is not None:
            found.append(_failed("key service", error))
        else:
            found.append(Examined("key service", "ok", f"{service} wraps and unwraps"))
    return found


def _keys(workspace: Workspace) -> list[Examined]:
    """Whether the keys are what the ledger says, and what of them is due."""
    try:
        workspace.keys.check()
    except LockgateError as error:
        return [_failed("keys", error)]
    found = [Examined("keys", "ok", f"{len(workspace.keys.domains())} domains")]
    due = workspace.keys.due()
    rotate = sorted({version.domain for version in due if version.destroy_at is None})
    destroy = sorted({version.domain for version in due if version.destroy_at is not None})
    if rotate:
        advice = "the next run does it, or: lockgate keys rotate --due"
        found.append(Examined("rotation", "warning", f"due for {', '.join(rotate)}", advice))
    if destroy:
        advice = "the next run does it, or: lockgate keys destroy --due"
        found.append(Examined("destruction", "warning", f"due for {', '.join(destroy)}", advice))
    return found


def permissions(folder: Path) -> list[Examined]:
    """Nobody but the owner may read ``.lockgate`` or what is in it."""
    private = folder / ".lockgate"
    if not private.is_dir() or os.name != "posix":
        return []
    open_paths = []
    for path in (private, *sorted(private.rglob("*"))):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode) and stat.S_IMODE(mode) & 0o077:
            open_paths.append(str(path.relative_to(folder)))
    if open_paths:
        return [
            Examined(
                "permissions",
                "failed",
                f"others may read {', '.join(open_paths[:5])}",
                "chmod -R go= .lockgate",
            )
        ]
    return [Examined("permissions", "ok", ".lockgate is readable by its owner only")]
