"""Uses one approval as a process of its own: ``python approval_user.py URL FOLDER SEED``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from access_desks import Office, person
from lockgate.access.action import Action
from lockgate.access.resource import key_domain
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.adapters.state_stores.witness_file import FileWitness
from lockgate.errors import AuthorisationDenied
from lockgate.ledger.signing import SigningKey
from lockgate.secret import SecretBytes
from lockgate.testing.ledgers import new_ledger


def say(word: str) -> None:
    """To whoever started this process, at once."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Wait for a line, then destroy a key if the one approval lets; say which."""
    url, folder, seed = sys.argv[1], Path(sys.argv[2]), bytes.fromhex(sys.argv[3])
    with open_state(url, folder) as state:
        key = SigningKey(SecretBytes(seed))
        ledger = new_ledger(state.ledger, key, FileWitness(folder / "checkpoint"))
        office = Office(state, ledger=ledger, who=person("ada"))
        say("ready")
        sys.stdin.readline()
        try:
            office.gate.permit(Action.DESTROY_KEY, key_domain("email"), "end")
        except AuthorisationDenied:
            say("denied")
        else:
            say("allowed")


if __name__ == "__main__":
    main()
