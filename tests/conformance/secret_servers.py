"""Secret stores to talk to on this machine: OpenBao, moto, and two that stand in for clouds.

Google's and Azure's official clients speak to small HTTPS servers of this file, which check what
the real ones check before they answer: who asks, and what the request is.
"""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import hvac
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from lockgate.adapters.key_services.crc32c import crc32c

PROGRAMS = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def child(words: list[str], port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server of our own: started, waited for, and ended by its own pid."""
    with tempfile.TemporaryDirectory(prefix="lg-secrets-") as home:
        kept = {"PATH": os.environ["PATH"], "HOME": home, **more}
        process = subprocess.Popen(
            words, env=kept, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _answers(process, port)
            yield process
        finally:
            process.kill()
            process.wait(timeout=20)


def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError("the server ended at its start")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not answer within a minute")


@dataclass
class OpenBao:
    """A dev server, unsealed. ``client`` is root's."""

    address: str
    root: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def client(self) -> Any:
        return hvac.Client(url=self.address, token=self.root)

    def put(self, path: str, text: str) -> None:
        """A JSON object is stored as fields, any other text as the one field ``value``."""
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        stored = fields if isinstance(fields, dict) else {"value": text}
        self.client.secrets.kv.v2.create_or_update_secret(path=path, secret=stored)

    def token(self, *paths: str) -> str:
        """A token that may read these paths of the mount ``secret`` and nothing else."""
        name = f"p-{uuid.uuid4().hex[:8]}"
        rules = (f'path "secret/data/{path}" {{ capabilities = ["read"] }}' for path in paths)
        self.client.sys.create_or_update_policy(name, "\n".join(rules))
        return str(self.client.auth.token.create(policies=[name], ttl="1h")["auth"]["client_token"])


@contextmanager
def openbao() -> Iterator[OpenBao]:
    port, root = free_port(), f"root-{uuid.uuid4().hex}"
    words = [str(PROGRAMS / "bao"), "server", "-dev", f"-dev-listen-address=127.0.0.1:{port}"]
    with child(words, port, BAO_DEV_ROOT_TOKEN_ID=root) as process:
        server = OpenBao(f"http://127.0.0.1:{port}", root, process)
        for _ in range(100):
            try:
                if server.client.secrets.kv.v2.read_configuration():
                    break
            except (hvac.exceptions.VaultError, OSError):
                time.sleep(0.1)
        yield server


@contextmanager
def moto() -> Iterator[str]:
    """moto's server. It asks nobody who he is, which is why denials are not tested on it."""
    port = free_port()
    words = [str(PROGRAMS / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    with child(words, port):
        yield f"http://127.0.0.1:{port}"


@dataclass
class Cloud:
    """An HTTPS server whose secrets a test puts. ``answers`` may replace what it says next."""

    address: str = ""
    ca_file: Path = Path()
    secrets: dict[str, list[str]] = field(default_factory=dict)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    damage: bool = False
    cut: bool = False
    expires: dt.datetime | None = None
    asked: int = 0

    def put(self, path: str, text: str) -> None:
        self.secrets.setdefault(path, []).append(text)


Answer = tuple[int, bytes, dict[str, str]]
Reply = Callable[[Cloud, str, str, dict[str, str]], Answer]


def _json(status: int, document: object, **headers: str) -> Answer:
    return status, json.dumps(document).encode(), headers


@contextmanager
def https(cloud: Cloud, reply: Reply) -> Iterator[Cloud]:
    """Serve ``reply(cloud, method, path, headers)`` on loopback under a certificate of our own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            cloud.asked += 1
            headers = {name.lower(): value for name, value in self.headers.items()}
            headers["body"] = body.decode("utf-8", "replace")
            status, body, more = reply(cloud, self.command, self.path, headers)
            if cloud.answers and status == 200 and "/oauth2/" not in self.path:
                status, body = cloud.answers.pop(0)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if cloud.cut and status == 200 and "/oauth2/" not in self.path:
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            self.wfile.write(body)

        do_GET = do_POST = _any  # noqa: N815 - the library's names

        def log_message(self, *words: object) -> None:
            """Nobody reads it."""

    with tempfile.TemporaryDirectory(prefix="lg-tls-") as made:
        certificate = _certificate(Path(made))
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        cloud.address = f"https://127.0.0.1:{server.server_address[1]}"
        cloud.ca_file = certificate
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield cloud
        finally:
            server.shutdown()
            server.server_close()
            thread.join(10)


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for 127.0.0.1 and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


TENANT, CLIENT = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
BEARER = "made-up-bearer"


def azure_reply(cloud: Cloud, method: str, path: str, headers: dict[str, str]) -> Answer:
    """What Entra ID and Key Vault say: a challenge first, then the secret to who has a token."""
    path = path.partition("?")[0]
    if path.endswith("/openid-configuration"):
        base = f"{cloud.address}/{TENANT}"
        return _json(
            200,
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
            },
        )
    if path.endswith("/oauth2/v2.0/token"):
        return _json(200, {"token_type": "Bearer", "expires_in": 3600, "access_token": BEARER})
    if headers.get("authorization") != f"Bearer {BEARER}":
        # The client wants the vault's host to end in the resource's, as NAME.vault.azure.net does.
        resource = cloud.address.replace("127.0.0.1", "0.0.1")
        challenge = f'Bearer authorization="{cloud.address}/{TENANT}", resource="{resource}"'
        return _json(401, {}, **{"WWW-Authenticate": challenge})
    named = re.fullmatch(r"/secrets/([^/]+)/?", path)
    if named is None or named[1] not in cloud.secrets:
        return _json(404, {"error": {"code": "SecretNotFound", "message": "canary-words"}})
    kept = cloud.secrets[named[1]]
    about: dict[str, Any] = {"enabled": True, "created": 1, "updated": 1}
    if cloud.expires is not None:
        about["exp"] = int(cloud.expires.timestamp())
    version = f"{len(kept):032x}"
    where = f"{cloud.address}/secrets/{named[1]}/{version}"
    return _json(200, {"value": kept[-1], "id": where, "attributes": about})


@dataclass
class GoogleAccount:
    """A service account whose key was made for one test."""

    key: rsa.RSAPrivateKey = field(
        default_factory=lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )

    def document(self) -> str:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "clinic-1",
                "private_key_id": "1",
                "private_key": pem,
                "client_email": "reader@clinic-1.example.org",
                "token_uri": "https://oauth2.googleapis.com/token",
            }
        )

    def signed(self, header: str) -> bool:
        """Whether a request bears a token that this account signed."""
        parts = header.removeprefix("Bearer ").split(".")
        if len(parts) != 3:
            return False
        signature = base64.urlsafe_b64decode(parts[2] + "==")
        try:
            self.key.public_key().verify(
                signature,
                f"{parts[0]}.{parts[1]}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except InvalidSignature:
            return False
        return True


def google_reply(account: GoogleAccount) -> Reply:
    """What Secret Manager says to who bears a token signed by ``account``."""

    def reply(cloud: Cloud, method: str, path: str, headers: dict[str, str]) -> Answer:
        if not account.signed(headers.get("authorization", "")):
            return _json(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
        path = path.partition("?")[0]
        named = re.fullmatch(r"/v1/projects/clinic-1/secrets/([^/]+)/versions/latest:access", path)
        if named is None or named[1] not in cloud.secrets:
            words = {"code": 404, "status": "NOT_FOUND", "message": "canary-words"}
            return _json(404, {"error": words})
        kept = cloud.secrets[named[1]]
        data = kept[-1].encode()
        return _json(
            200,
            {
                "name": f"projects/7/secrets/{named[1]}/versions/{len(kept)}",
                "payload": {
                    "data": base64.b64encode(data).decode(),
                    "dataCrc32c": str(crc32c(data) ^ cloud.damage),
                },
            },
        )

    return reply


def aws_reply(cloud: Cloud, method: str, path: str, headers: dict[str, str]) -> Answer:
    """What Secrets Manager says, but for signatures: they are boto3's, and nobody checks them."""
    if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
        return _json(400, {"__type": "MissingAuthenticationToken"})
    if headers.get("x-amz-target") != "secretsmanager.GetSecretValue":
        return _json(400, {"__type": "InvalidRequestException"})
    wanted = json.loads(headers["body"])["SecretId"]
    if wanted not in cloud.secrets:
        return _json(400, {"__type": "ResourceNotFoundException", "message": "canary-words"})
    kept = cloud.secrets[wanted]
    return _json(200, {"Name": wanted, "SecretString": kept[-1], "VersionId": f"v{len(kept)}"})
