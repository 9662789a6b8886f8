"""Run inside a D-Bus session of its own: unlock a keyring there, and keep the laws with it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import keyring
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
from keyring.backends.SecretService import Keyring
from keyring_log_ins import keep_and_forget, refuse_without_keyring

from lockgate.adapters.secret_stores.os_keyring import KeyringStore, protected_backend
from lockgate.errors import SecretUnavailable
from lockgate.testing.secret_stores import SECRET_STORE_LAWS, Stocked

SERVICE = "lockgate-conformance"


def main() -> int:
    """Print each law as it is kept, then what a locked keyring says."""
    daemon = subprocess.Popen(
        ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if daemon.stdin is not None:
            daemon.stdin.write(b"made-up")
            daemon.stdin.close()
        _wait()
        keyring.set_keyring(Keyring())
        backend = protected_backend()
        store = KeyringStore(SERVICE)
        stocked = Stocked(
            store,
            lambda path, text: backend.set_password(SERVICE, path, text),
            "warehouse",
            "nothing",
            versions=False,
        )
        for law in SECRET_STORE_LAWS:
            law(stocked)
            sys.stdout.write(f"kept {law.__name__}\n")
        log_ins = Path.home() / "log-ins"
        for held in keep_and_forget(log_ins):
            sys.stdout.write(f"{held}\n")
        daemon.terminate()
        daemon.wait(10)
        try:
            KeyringStore(SERVICE, seconds=5).fetch("warehouse", "")
        except SecretUnavailable:
            sys.stdout.write("refused without a keyring\n")
        for held in refuse_without_keyring(log_ins):
            sys.stdout.write(f"{held}\n")
    finally:
        daemon.kill()
        daemon.wait(10)
    return 0


def _wait() -> None:
    """Until our daemon has the bus's name: asked before, the bus would start another, locked."""
    last = "it does not answer"
    with open_dbus_connection() as bus:
        for _ in range(300):
            has_owner = bus.send_and_get_reply(message_bus.NameHasOwner("org.freedesktop.secrets"))
            if has_owner.body[0]:
                break
            time.sleep(0.1)
    for _ in range(100):
        try:
            if Keyring.priority > 0 and not Keyring().get_preferred_collection().is_locked():
                return
        except Exception as error:  # noqa: BLE001 - it starts; the last failure is told
            last = type(error).__name__
        else:
            last = "it is locked"
        time.sleep(0.1)
    raise RuntimeError(f"the keyring did not unlock: {last}")


if __name__ == "__main__":
    sys.exit(main())
