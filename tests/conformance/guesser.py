"""A process that guesses at one account from several threads, and prints how many were checked.

Arguments: the state's URL, the private folder, the account, the password, how many guesses.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from local_desk import Desk
from lockgate.adapters.identity_providers.local.passwords import PasswordHasher
from lockgate.adapters.state_stores.sql.store import open_state
from lockgate.errors import AuthenticationFailed


def guess(url: str, folder: Path, user: str, password: str, times: int) -> tuple[int, int]:
    """How many of ``times`` guesses at once were compared with the account's, and how many fit."""
    checked, real, lock = [], PasswordHasher.verify, threading.Lock()

    def counted(self: PasswordHasher, account: str, given: bytes, phc: str | None) -> bool:
        if phc is not None:
            with lock:
                checked.append(1)
        return real(self, account, given, phc)

    PasswordHasher.verify = counted  # type: ignore[method-assign]
    start = threading.Barrier(times)
    try:
        with open_state(url, folder) as state:
            desk = Desk(folder, state)

            def one(_: int) -> int:
                start.wait()
                try:
                    desk.log_in(user, password)
                except AuthenticationFailed:
                    return 0
                return 1

            with ThreadPoolExecutor(times) as pool:
                opened = sum(pool.map(one, range(times)))
    finally:
        PasswordHasher.verify = real  # type: ignore[method-assign]
    return len(checked), opened


if __name__ == "__main__":
    place, home, name, words, number = sys.argv[1:]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write("{} {}".format(*guess(place, Path(home), name, words, int(number))))
