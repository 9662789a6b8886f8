"""Servers as our own children, on a port that was free a moment ago, ended by their own pid."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextmanager
def child(
    command: Callable[[int], Sequence[str | Path]],
    ready: str,
    folder: Path,
    variables: dict[str, str] | None = None,
) -> Iterator[int]:
    """Start it, wait until ``ready`` (a path) answers at its port; gives the port."""
    for attempt in range(3):
        port = free_port()
        with (folder / f"log-{attempt}").open("wb") as log:
            started = subprocess.Popen(
                command(port),
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": os.environ["PATH"], "HOME": str(folder), **(variables or {})},
            )
        try:
            if _answers(started, f"http://127.0.0.1:{port}{ready}"):
                yield port
                return
        finally:
            started.kill()
            started.wait()
    raise AssertionError((folder / "log-2").read_text()[-2000:])


def _answers(started: subprocess.Popen[bytes], url: str) -> bool:
    until = time.monotonic() + 60
    while started.poll() is None and time.monotonic() < until:
        try:
            requests.get(url, timeout=5)
            return True
        except requests.RequestException:
            time.sleep(0.1)
    return False
