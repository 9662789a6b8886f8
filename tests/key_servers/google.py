"""Google Cloud KMS as its official client knows it: AES-256-GCM inside, CRC-32C on both ways."""

from __future__ import annotations

import base64
import json
import re
import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from key_servers.http_server import Answer, Asked, HttpServer
from lockgate.adapters.key_services.crc32c import crc32c

RING = "projects/clinic/locations/europe-west3/keyRings/lockgate"
_CALL = re.compile(rf"/v1/({RING}/cryptoKeys/[a-z0-9-]+):(encrypt|decrypt)(?:\?.*)?")


class GoogleKms(HttpServer):
    """Symmetric keys by name, each with versions; ``/token`` gives access tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str, list[AESGCM]] = {}
        self.denied: set[str] = set()
        self.tokens: set[str] = set()
        self.accounts: list[rsa.RSAPublicKey] = []

    def make_key(self, name: str) -> str:
        full = f"{RING}/cryptoKeys/{name}"
        self.keys.setdefault(full, []).append(AESGCM(secrets.token_bytes(32)))
        return full

    def account(self) -> str:
        """The JSON of a service account that gets its tokens here."""
        key = rsa.generate_private_key(65537, 2048)
        self.accounts.append(key.public_key())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return json.dumps(
            {
                "type": "service_account",
                "client_email": "lockgate@clinic.example",
                "private_key_id": "1",
                "private_key": pem.decode(),
                "token_uri": f"{self.address}/token",
            }
        )

    def answer(self, asked: Asked) -> Answer:
        if asked.path == "/token":
            token = secrets.token_urlsafe(24)
            self.tokens.add(token)
            return Answer.of({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        token = asked.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens and not self._signed(token):
            return _error(401, "UNAUTHENTICATED")
        call = _CALL.fullmatch(asked.path)
        if call is None or call[1] not in self.keys:
            return _error(404, "NOT_FOUND")
        if call[2] in self.denied:
            return _error(403, "PERMISSION_DENIED")
        return (
            self._encrypt(call[1], asked) if call[2] == "encrypt" else self._decrypt(call[1], asked)
        )

    def _signed(self, token: str) -> bool:
        """Whether a service account that we know signed it itself (a JWT, RS256)."""
        signed, _, signature = token.rpartition(".")
        for account in self.accounts:
            with suppress(InvalidSignature):
                account.verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), SHA256())
                return True
        return False

    def _encrypt(self, name: str, asked: Asked) -> Answer:
        given = asked.json()
        plain, bound = _bytes(given, "plaintext"), _bytes(given, "additionalAuthenticatedData")
        if not _checked(given, plaintext=plain, additionalAuthenticatedData=bound):
            return _error(400, "INVALID_ARGUMENT")
        version = len(self.keys[name])
        nonce = secrets.token_bytes(12)
        sealed = self.keys[name][version - 1].encrypt(nonce, plain, bound)
        ciphertext = version.to_bytes(4, "big") + nonce + sealed
        return Answer.of(
            {
                "name": f"{name}/cryptoKeyVersions/{version}",
                "ciphertext": base64.b64encode(ciphertext).decode(),
                "ciphertextCrc32c": str(crc32c(ciphertext)),
                "verifiedPlaintextCrc32c": True,
                "verifiedAdditionalAuthenticatedDataCrc32c": True,
                "protectionLevel": "SOFTWARE",
            }
        )

    def _decrypt(self, name: str, asked: Asked) -> Answer:
        given = asked.json()
        sealed, bound = _bytes(given, "ciphertext"), _bytes(given, "additionalAuthenticatedData")
        if not _checked(given, ciphertext=sealed, additionalAuthenticatedData=bound):
            return _error(400, "INVALID_ARGUMENT")
        versions = dict(enumerate(self.keys[name], start=1))
        cipher = versions.get(int.from_bytes(sealed[:4], "big"))
        try:
            if cipher is None or len(sealed) < 16:
                raise InvalidTag
            plain = cipher.decrypt(sealed[4:16], sealed[16:], bound)
        except InvalidTag:
            return _error(400, "INVALID_ARGUMENT")
        return Answer.of(
            {
                "plaintext": base64.b64encode(plain).decode(),
                "plaintextCrc32c": str(crc32c(plain)),
                "usedPrimary": True,
                "protectionLevel": "SOFTWARE",
            }
        )


def _bytes(given: dict[str, str], name: str) -> bytes:
    return _decoded(given.get(name, ""))


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.translate({43: "-", 47: "_"}) + "=" * (-len(text) % 4))


def _checked(given: dict[str, object], **parts: bytes) -> bool:
    """As the service does: a checksum that was sent has to be right, and ours are always sent."""
    return all(str(given.get(f"{name}Crc32c")) == str(crc32c(part)) for name, part in parts.items())


def _error(code: int, status: str) -> Answer:
    message = f"{status}: canary-of-the-vendor"
    return Answer.of({"error": {"code": code, "status": status, "message": message}}, code)
