"""Azure Key Vault as its official client knows it: RSA-OAEP inside, challenges, Entra tokens."""

from __future__ import annotations

import base64
import re
import secrets
import ssl
from functools import cache

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from key_servers.http_server import Answer, Asked, HttpServer

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
_KEY = re.compile(r"/keys/([a-z0-9-]+)(?:/([a-f0-9]*))?(?:/(wrapkey|unwrapkey))?/?")


class AzureVault(HttpServer):
    """RSA keys by name, each with versions; an application logs in with ``client_secret``."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context)
        self.keys: dict[str, dict[str, rsa.RSAPrivateKey]] = {}
        self.kinds: dict[str, str] = {}
        self.exportable: set[str] = set()
        self.denied: set[str] = set()
        self.client_secret = secrets.token_urlsafe(16)
        self.tokens: set[str] = set()

    def make_key(self, name: str, bits: int = 3072, kind: str = "RSA") -> str:
        made = sum(len(versions) for versions in self.keys.values())
        self.keys.setdefault(name, {})[secrets.token_hex(16)] = _rsa(bits, made % 2)
        self.kinds[name] = kind
        return name

    def answer(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if path.startswith(f"/{TENANT}/"):
            return self._entra(path, asked)
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            # The real resource is https://vault.azure.net, of which every vault is a subdomain;
            # the client checks that, so here it is the end of our address.
            challenge = (
                f'Bearer authorization="{self.address}/{TENANT}", '
                f'resource="https://0.0.1:{self.port}"'
            )
            return Answer(401, b"", {"WWW-Authenticate": challenge})
        found = _KEY.fullmatch(path)
        name, version, operation = found.groups() if found else ("", "", "")
        versions = self.keys.get(name)
        if versions is None or (version and version not in versions):
            return _error(404, "KeyNotFound")
        if (operation or "get") in self.denied:
            return _error(403, "Forbidden")
        version = version or list(versions)[-1]
        if operation is None:
            return Answer.of(self._bundle(name, version))
        return self._operate(name, version, operation, asked)

    def _entra(self, path: str, asked: Asked) -> Answer:
        issuer = f"{self.address}/{TENANT}"
        if path.endswith("openid-configuration"):
            return Answer.of(
                {
                    "issuer": f"{issuer}/v2.0",
                    "token_endpoint": f"{issuer}/oauth2/v2.0/token",
                    "authorization_endpoint": f"{issuer}/oauth2/v2.0/authorize",
                }
            )
        if f"client_secret={self.client_secret}" not in asked.body.decode():
            return Answer.of({"error": "invalid_client", "error_description": "canary"}, 401)
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return Answer.of({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def _bundle(self, name: str, version: str) -> dict[str, object]:
        numbers = self.keys[name][version].public_key().public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {
            "key": {
                "kid": self._kid(name, version),
                "kty": self.kinds[name],
                "key_ops": ["wrapKey", "unwrapKey"],
                "n": _text(numbers.n.to_bytes(size, "big")),
                "e": _text(numbers.e.to_bytes(3, "big")),
            },
            "attributes": {"enabled": True, "exportable": name in self.exportable},
        }

    def _operate(self, name: str, version: str, operation: str, asked: Asked) -> Answer:
        given = asked.json()
        key, value = self.keys[name][version], _bytes(given["value"])
        if given["alg"] != "RSA-OAEP-256":
            return _error(400, "BadParameter")
        try:
            if operation == "wrapkey":
                result = key.public_key().encrypt(value, _OAEP)
            else:
                result = key.decrypt(value, _OAEP)
        except ValueError:
            return _error(400, "BadParameter")
        return Answer.of({"kid": self._kid(name, version), "value": _text(result)})

    def _kid(self, name: str, version: str) -> str:
        return f"{self.address}/keys/{name}/{version}"


@cache
def _rsa(bits: int, number: int) -> rsa.RSAPrivateKey:
    """Keys take long to make: a process makes two of a size, and hands them out in turn."""
    return rsa.generate_private_key(65537, bits)


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _error(status: int, code: str) -> Answer:
    return Answer.of({"error": {"code": code, "message": "canary-of-the-vendor"}}, status)
