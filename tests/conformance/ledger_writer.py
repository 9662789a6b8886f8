"""A process that appends to a ledger: python ledger_writer.py URL FOLDER SEED COUNT [lock]."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.ledger.signing import SigningKey
from lockgate.secret import SecretBytes
from lockgate.testing.ledgers import event, new_ledger


def main(url: str, folder: str, seed: str, count: str, lock: str = "") -> None:
    """Append until done, or forever; say ``ready`` once it goes."""
    key = SigningKey(SecretBytes(bytes.fromhex(seed)))
    with open_state(url, Path(folder)) as state:
        ledger = new_ledger(state.ledger, key, FileWitness(Path(folder) / "checkpoint"))
        if lock:
            with state.exclusive(lock):
                say_ready()
                time.sleep(60)
        say_ready()
        for number in range(int(count)):
            ledger.append(event(number))


def say_ready() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
