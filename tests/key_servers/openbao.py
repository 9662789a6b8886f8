"""An OpenBao server of our own, its storage in memory: it can be sealed and unsealed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from key_servers.children import child

BAO = Path(sys.executable).parent / "bao"


class OpenBao:
    """A running server, its root token, and what an operator does with it."""

    def __init__(self, address: str) -> None:
        self.address = address
        made = self._ask("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.token = str(made["root_token"])
        self._unseal_key = made["keys"][0]
        self.unseal()
        self.ask("POST", "sys/mounts/transit", {"type": "transit"})
        self.ask("POST", "sys/auth/approle", {"type": "approle"})

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """As root; raises for whatever is not a success."""
        return self._ask(method, path, body, self.token)

    def seal(self) -> None:
        self.ask("PUT", "sys/seal")

    def unseal(self) -> None:
        self._ask("PUT", "sys/unseal", {"key": self._unseal_key})

    def make_key(self, name: str, kind: str = "aes256-gcm96", **options: object) -> str:
        self.ask("POST", f"transit/keys/{name}", {"type": kind, **options})
        return name

    def make_token(self, policy: str, text: str, **options: object) -> str:
        """A token that may do what the policy allows, and nothing else."""
        self.ask("PUT", f"sys/policies/acl/{policy}", {"policy": text})
        made = self.ask(
            "POST", "auth/token/create", {"policies": [policy], "no_parent": True, **options}
        )
        return str(made["auth"]["client_token"])

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, token: str = ""
    ) -> dict[str, Any]:
        headers = {"X-Vault-Token": token} if token else {}
        url = f"{self.address}/v1/{path}"
        response = requests.request(method, url, json=body, headers=headers, timeout=30)
        response.raise_for_status()
        return response.json() if response.content else {}


@contextmanager
def running(folder: Path) -> Iterator[OpenBao]:
    """A server that is unsealed, with the engine transit and the method approle mounted."""

    def command(port: int) -> list[str | Path]:
        config = folder / "config.hcl"
        config.write_text(
            'storage "inmem" {}\n'
            f'listener "tcp" {{ address = "127.0.0.1:{port}" tls_disable = true }}\n'
            f'api_addr = "http://127.0.0.1:{port}"\n'
        )
        return [BAO, "server", f"-config={config}"]

    with child(command, "/v1/sys/health", folder) as port:
        yield OpenBao(f"http://127.0.0.1:{port}")
