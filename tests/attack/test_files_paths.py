"""No way out of the declared roots: links, dots, devices, pipes, races."""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from lockgate.adapters.connectors.files.folders import FdFolder
from lockgate.adapters.connectors.files.listing import list_inputs
from lockgate.adapters.connectors.files.paths import HAS_OPENAT, Below, Roots
from lockgate.adapters.connectors.files.sink import FileSink
from lockgate.adapters.connectors.files.source import FileSource
from lockgate.errors import EnvironmentFailed, LockgateError, PathRefused, SourceError
from lockgate.pipeline.model import FileFormat

SECRET = "ssn\n123-45-6789\n"

needs_openat = pytest.mark.skipif(not HAS_OPENAT, reason="this system has no openat")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text(SECRET)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "in.csv").write_text("ssn\n1\n")
    return folder


@pytest.fixture(params=[pytest.param(False, marks=needs_openat), True], ids=["openat", "portable"])
def roots(request: pytest.FixtureRequest, root: Path) -> Roots:
    return Roots((root,), (root,), unsafe_portable=request.param)


def read(path: Path | str, roots: Roots) -> list[object]:
    source = FileSource(str(path), FileFormat.CSV, ["ssn"], roots)
    source.freeze(b"k" * 32)
    return [row for batch in source.batches() for row in batch.rows.to_pylist()]


def test_a_plain_file_is_read(root: Path, roots: Roots) -> None:
    assert read(root / "data" / "in.csv", roots) == [{"ssn": "1"}]
    assert read(root / "data", roots) == [{"ssn": "1"}]
    assert read(root / "**" / "*.csv", roots) == [{"ssn": "1"}]


def test_symlinked_file(root: Path, roots: Roots, outside: Path) -> None:
    (root / "data" / "link.csv").symlink_to(outside / "secret.csv")

    for path in ("data/link.csv", "data", "data/*.csv", "**"):
        with pytest.raises(PathRefused, match="symbolic link"):
            read(root / path, roots)


def test_symlinked_file_within_the_root_is_refused_too(root: Path, roots: Roots) -> None:
    (root / "data" / "link.csv").symlink_to("in.csv")

    with pytest.raises(PathRefused, match="symbolic link"):
        read(root / "data" / "link.csv", roots)


def test_symlinked_folder(root: Path, roots: Roots, outside: Path) -> None:
    (root / "away").symlink_to(outside)

    for path in ("away/secret.csv", "away", "away/*.csv", "", "*/*.csv"):
        with pytest.raises(LockgateError) as caught:
            read(root / path, roots)
        assert "123-45" not in str(caught.value)
        assert isinstance(caught.value, PathRefused)


@pytest.mark.parametrize("path", ["../outside/secret.csv", "data/../../outside/secret.csv", ".."])
def test_dot_dot(root: Path, roots: Roots, outside: Path, path: str) -> None:
    with pytest.raises(PathRefused, match="plain"):
        read(f"{root}/{path}", roots)


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "/proc/self/mem", "a\0b", ""])
def test_absolute_path_outside_the_root(roots: Roots, path: str) -> None:
    with pytest.raises(PathRefused):
        read(path, roots)


def test_a_root_whose_name_begins_like_another(tmp_path: Path, roots: Roots) -> None:
    (tmp_path / "root-evil").mkdir()
    (tmp_path / "root-evil" / "in.csv").write_text(SECRET)

    with pytest.raises(PathRefused, match="outside"):
        read(tmp_path / "root-evil" / "in.csv", roots)


def test_named_pipe_does_not_hang(root: Path, roots: Roots) -> None:
    os.mkfifo(root / "data" / "pipe.csv")

    for path in ("data/pipe.csv", "data", "data/p*.csv"):
        with pytest.raises(PathRefused, match="named pipe"):
            read(root / path, roots)


def test_socket(root: Path, roots: Roots) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(root / "data")
        server.bind("s.csv")

        with pytest.raises(PathRefused, match="socket"):
            read(root / "data" / "s.csv", roots)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make device files")
def test_device_file(root: Path, roots: Roots) -> None:
    try:
        os.mknod(root / "data" / "zero.csv", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this container does not allow device files")

    with pytest.raises(PathRefused, match="device"):
        read(root / "data" / "zero.csv", roots)


def test_dev_zero_as_a_declared_root(root: Path) -> None:
    with pytest.raises((PathRefused, SourceError)):
        read("/dev/zero", Roots((Path("/dev"),), ()))


@needs_openat
def test_folder_swapped_for_a_symlink_between_check_and_open(root: Path, outside: Path) -> None:
    """A thread swaps the folder for a link all the time; no open ever gets the other file."""
    (outside / "in.csv").write_text(SECRET)
    roots = Roots((root,), ())
    place = roots.locate_input(str(root / "data" / "in.csv"))
    data, aside, done = root / "data", root / "aside", threading.Event()

    def swap() -> None:
        while not done.is_set():
            data.rename(aside)
            data.symlink_to(outside)
            time.sleep(0.0002)
            data.unlink()
            aside.rename(data)
            time.sleep(0.0002)

    thread = threading.Thread(target=swap)
    thread.start()
    opened = refused = 0
    until = time.monotonic() + 10
    try:
        while time.monotonic() < until and (opened < 300 or refused < 300):
            try:
                fd, folder = roots.open_input(place)
            except (PathRefused, SourceError, EnvironmentFailed):
                refused += 1
                continue
            assert os.read(fd, 100) == b"ssn\n1\n"
            os.close(fd)
            folder.close()
            opened += 1
    finally:
        done.set()
        thread.join()
    assert opened > 0
    assert refused > 0


@needs_openat
def test_file_swapped_for_a_symlink_between_check_and_open(
    root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check still saw a plain file; what is opened is refused by the system itself."""
    seen: list[str] = []
    kind = FdFolder.kind

    def swapped_after(folder: FdFolder, name: str) -> int:
        found = kind(folder, name)
        if name == "in.csv" and not seen:
            seen.append(name)
            (root / "data" / "in.csv").unlink()
            (root / "data" / "in.csv").symlink_to(outside / "secret.csv")
        return found

    monkeypatch.setattr(FdFolder, "kind", swapped_after)
    with Roots((root,), ()).open_folder(Below(str(root), (), "data"), ("data",)) as folder:
        with pytest.raises(PathRefused):
            folder.read("in.csv")
    assert seen == ["in.csv"]


def test_output_through_a_symlink(root: Path, roots: Roots, outside: Path) -> None:
    (root / "out").symlink_to(outside)
    sink = FileSink("s", str(root / "out"), FileFormat.CSV, roots, b"k" * 32)

    with pytest.raises(PathRefused, match="symbolic link"):
        sink.resume("r1")
    for path in (outside, root / ".." / "outside", Path("/tmp")):
        with pytest.raises(PathRefused):
            FileSink("s", str(path), FileFormat.CSV, roots, b"k" * 32).resume("r1")
    assert sorted(path.name for path in outside.iterdir()) == ["secret.csv"]


def test_reading_roots_are_not_writing_roots(root: Path) -> None:
    roots = Roots((root,), ())

    with pytest.raises(PathRefused, match="outside"):
        FileSink("s", str(root / "out"), FileFormat.CSV, roots, b"k" * 32).resume("r1")


@pytest.mark.parametrize(
    "path",
    [".lockgate/root.csv", "./.lockgate", "a/.lockgate/x.csv", ".Lockgate/root.csv", ".lockgate/*"],
)
def test_the_projects_own_folder(root: Path, roots: Roots, path: str) -> None:
    (root / ".lockgate").mkdir()
    (root / ".lockgate" / "root.csv").write_text(SECRET)

    with pytest.raises(PathRefused, match=r"inside \.lockgate"):
        read(f"{root}/{path}", roots)
    with pytest.raises(PathRefused, match=r"inside \.lockgate"):
        FileSink("s", f"{root}/{path}", FileFormat.CSV, roots, b"k" * 32).resume("r1")
    assert [found.name for found in (root / ".lockgate").iterdir()] == ["root.csv"]


def test_the_projects_own_folder_as_a_root(root: Path) -> None:
    (root / ".lockgate").mkdir()
    (root / ".lockgate" / "root.csv").write_text(SECRET)
    (root / "alias").symlink_to(".lockgate")

    for name in (".lockgate", "alias"):
        folder = root / name
        with pytest.raises(PathRefused, match=r"inside \.lockgate"):
            read(folder / "root.csv", Roots((folder,), ()))
        with pytest.raises(PathRefused, match=r"inside \.lockgate"):
            Roots((), (folder,)).open_output(str(folder / "out"))


@pytest.mark.parametrize("pattern", ["*/*.csv", "?lockgate/*.csv", ".lock*/*.csv", "**/*.csv", ""])
def test_a_glob_over_the_projects_own_folder(root: Path, roots: Roots, pattern: str) -> None:
    (root / ".lockgate").mkdir()
    (root / ".lockgate" / "root.csv").write_text(SECRET)
    try:
        found = [p.names for p in list_inputs(roots, f"{root}/{pattern}", FileFormat.CSV)]
    except SourceError:
        found = []

    assert found in ([], [("data", "in.csv")])


def test_hidden_files_staging_and_own_documents_are_not_inputs(root: Path, roots: Roots) -> None:
    own = ("_manifest.json", "_contract.odcs.yaml")
    for name in (".hidden.csv", ".staging-1/part-00000.csv", *own):
        path = root / "data" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(SECRET)

    for pattern in ("data", "data/*", "**"):
        found = list_inputs(roots, str(root / pattern), FileFormat.CSV)
        assert [place.names for place in found] == [("data", "in.csv")]
