"""A PostgreSQL server of our own: a child process on a socket in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

INSTALLED = sorted(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name)
)
USER = "lockgate"


def binaries() -> Path | None:
    """Where `initdb` and `postgres` are, if they can be run here."""
    if not INSTALLED or (os.getuid() == 0 and shutil.which("setpriv") is None):
        return None
    return INSTALLED[-1]


class Server:
    """A running server. ``database`` makes a new database and gives its URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = self._sockets = folder
        self._made = 0

    def database(self) -> str:
        self._made += 1
        name = f"state_{self._made}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql://{USER}@/{name}?host={self._sockets}"

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self._sockets), user=USER, dbname=database, autocommit=True)


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """Initialise, start, wait until it answers; stop it by its own pid and remove its folder."""
    with tempfile.TemporaryDirectory(prefix="lg-pg-") as made:
        folder = Path(made)
        data = folder / "data"
        prefix: list[str] = []
        if os.getuid() == 0:
            prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(folder, "postgres", "postgres")
        log = (folder / "log").open("wb")
        initdb = [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8"]
        subprocess.run([*prefix, *initdb], check=True, stdout=log, stderr=log, cwd=folder)
        options = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
        child = subprocess.Popen(
            [*prefix, programs / "postgres", "-D", data, *options],
            stdout=log,
            stderr=log,
            cwd=folder,
        )
        try:
            server = Server(folder)
            _wait(server, child)
            yield server
        finally:
            child.send_signal(signal.SIGINT)  # fast shutdown
            child.wait(timeout=20)
            log.close()


def _wait(server: Server, child: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        if child.poll() is not None:
            raise RuntimeError("the server ended at its start")
        try:
            server.connect("postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the server did not answer within ten seconds")
