"""Log lines with secrets in many shapes, made anew from a seed, and lines without any.

No secret stands in this file: each is put together from random characters when it is asked for.
"""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import urllib.parse
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lockgate.secret import SecretBytes, SecretText

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE64 = LETTERS + "+/"
URL64 = LETTERS + "-_"


class Line(NamedTuple):
    """A line, and what of it must not survive. ``holder`` keeps a known secret alive."""

    shape: str
    text: str
    secret: str
    holder: object = None


def some(rng: random.Random, alphabet: str, length: int) -> str:
    """Random characters, one digit and both cases among the first if the alphabet has them."""
    must = [c for c in ("7", "q", "Q") if c in alphabet]
    return "".join(must) + "".join(rng.choice(alphabet) for _ in range(length - len(must)))


def _b64(rng: random.Random, length: int) -> str:
    return base64.b64encode(rng.randbytes(length)).decode()


def _url64(rng: random.Random, length: int) -> str:
    return base64.urlsafe_b64encode(rng.randbytes(length)).decode().rstrip("=")


def _password(rng: random.Random) -> str:
    return some(rng, LETTERS + "!#%*+-.^_~", rng.randint(9, 24))


def _pem(rng: random.Random, kind: str = "PRIVATE KEY") -> str:
    body = _b64(rng, 300)
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


def _jwt(rng: random.Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(b'{"sub":"%d"}' % rng.getrandbits(60)).decode().rstrip("=")
    return f"{head}.{body}.{_url64(rng, 64)}"


Maker = Callable[[random.Random], str]

# What is told by its own shape: it is put into every one of PLACES.
ISSUED: dict[str, Maker] = {
    "jwt": _jwt,
    "aws access key id": lambda r: "AKIA" + some(r, string.ascii_uppercase + "234567", 16),
    "aws session token": lambda r: "IQoJb3JpZ2lu" + some(r, BASE64, 200),
    "github token": lambda r: "gh" + r.choice("pousr") + "_" + some(r, LETTERS, 36),
    "github fine-grained": lambda r: "github_pat_" + some(r, LETTERS + "_", 82),
    "gitlab token": lambda r: r.choice(("glpat-", "glrt-", "gldt-")) + some(r, URL64, 20),
    "slack token": lambda r: r.choice(("xoxb-", "xoxp-", "xapp-1-")) + some(r, LETTERS + "-", 40),
    "stripe key": lambda r: r.choice(("sk_live_", "rk_test_")) + some(r, LETTERS, 24),
    "stripe webhook secret": lambda r: "whsec_" + some(r, LETTERS, 32),
    "google api key": lambda r: "AIza" + some(r, URL64, 35),
    "google oauth": lambda r: r.choice(("ya29.", "GOCSPX-")) + some(r, URL64, 40),
    "azure client secret": lambda r: some(r, LETTERS, 3) + "8Q~" + some(r, LETTERS + "_~.-", 34),
    "vault token": lambda r: r.choice(("hvs.", "hvb.", "hvr.")) + some(r, URL64, 24),
    "old vault token": lambda r: "s." + some(r, LETTERS, 24),
    "npm token": lambda r: "npm_" + some(r, LETTERS, 36),
    "pypi token": lambda r: "pypi-AgEIcHlwaS5vcmc" + some(r, URL64, 80),
    "sendgrid key": lambda r: f"SG.{some(r, URL64, 22)}.{some(r, URL64, 43)}",
    "model provider key": lambda r: r.choice(("sk-proj-", "sk-ant-")) + some(r, URL64, 48),
    "cloud token": lambda r: (
        r.choice(("dop_v1_", "dapi")) + some(r, HEX, 32) + some(r, HEX, 32)[:0]
    ),
    "age identity": lambda r: (
        "AGE-SECRET-KEY-1" + some(r, string.ascii_uppercase + "023456789", 58)
    ),
    "fernet token": lambda r: "gAAAAAB" + some(r, URL64, 90) + "==",
    "our frame": lambda r: "lkg1_" + some(r, URL64, 40),
    "password hash": lambda r: "$2b$12$" + some(r, LETTERS + "./", 53),
    "argon2 hash": lambda r: f"$argon2id$v=19$m=65536,t=3,p=4${_url64(r, 16)}${_url64(r, 32)}",
    "telegram token": lambda r: f"{r.randint(10**9, 10**10 - 1)}:{some(r, URL64, 35)}",
    "der private key": lambda r: "MIIEvQIBADANBgkqhkiG9w0BAQ" + some(r, BASE64, 200),
}
PLACES = (
    "the server answered 403 for {}",
    "{}",
    "retrying with credentials ({}) in 3 s",
    '{{"header": "{}", "attempt": 2}}',
    "GET /v1/items?x={}&page=2 -> 401",
    "could not parse ['{}'] at line 4",
    "value={}; attempt=2",
)

# What is told by what stands beside it: (shape, secret, lines).
BESIDE: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "password field": (
        _password,
        (
            "password={}",
            "login failed: password = '{}'",
            '{{"db_password": "{}", "port": 5432}}',
            "{{'user': 'app', 'passwd': '{}'}}",
            "PGPASSWORD={} psql -h db",
            "userPassword: {}",
            "spring.datasource.password={}",
            '{{\\"password\\": \\"{}\\"}}',
            "password=b'{}'",
            "('password', '{}')",
            "<password>{}</password>",
            "pwd={};Encrypt=yes",
            "password%3D{}%26user%3Dapp",
            "password => '{}'",
            "Passwort: {}",
            "das Kennwort={} stimmt nicht",
            "mot de passe : '{}'",
            "contraseña: {}",
            '{{"wachtwoord": "{}"}}',
            '{{"asked": "password\\u003d{}\\u0026user=app"}}',
            "password\\x3d{}",
            "\\u0022password\\u0022\\u003a\\u0022{}\\u0022",
            "password&#61;{}",
            "a1 LOGIN app {}",
            'imap < a1 LOGIN app "{}"',
            'a1 LOGIN "ann example" "{}"',
            '{{"name": "DB_PASSWORD", "value": "{}"}}',
            "{{'key': 'password', 'value': '{}'}}",
            '{{"value": "{}", "name": "db.password"}}',
            '{{\\"name\\":\\"PASSWORD\\",\\"value\\":\\"{}\\"}}',
            "- name: DB_PASSWORD, value: {}",
            '"password"\\u003a"{}"',
            "password&equals;{}",
            "password%253D{}%2526user%253Dapp",
            "password: >-\n  {}",
            "a: 1\ndb_password: |\n    {}\nb: 2",
            '<password type="x">{}</password>',
            "<password><![CDATA[{}]]></password>",
            "pw={}",
            "auth_pw: {}",
            "passord: {}",
            "пароль={}",
            "USER app\r\nPASS {}",
            "> PASS {}",
            "ftp: *cmd* 'PASS {}'",
        ),
    ),
    "password in prose": (
        _password,
        (
            "the password '{}' was refused",
            'password is "{}"',
            "ALTER USER app WITH PASSWORD '{}'",
            "CREATE USER app IDENTIFIED BY '{}'",
            "machine db login app password {}",
            "the password {} was refused",
            "Password for app is {}",
            "the password for user app: {}",
            "IDENTIFIED BY {}",
        ),
    ),
    "password on a command line": (
        _password,
        (
            "exec: tool --password {} --verbose",
            "exec: tool --db-password={} run",
            "curl -u app:{} https://example.org",
            "mysql -u app -p{} shop",
            "sshpass -p {} ssh host",
            "redis-cli -h cache -a {} ping",
            "exec: tool --api-key {}",
            "--pass {}",
            "--password {} --verbose",
        ),
    ),
    "url with password": (
        lambda r: some(r, LETTERS + "!*._-", 14),
        (
            "postgresql://app:{}@db.internal:5432/shop",
            "redis://:{}@cache:6379/0",
            "amqps://worker:{}@mq/vhost refused",
            "cloning https://bot:{}@git.example.org/x.git",
            "mongodb+srv://app:{}@cluster0.example.net/?w=majority",
            "proxy http://u:{}@proxy:3128 down",
            "postgresql://app:x/{}@db.internal/shop",
            "ftp://anna:{}@files.example.org/in",
        ),
    ),
    "authorization header": (
        lambda r: _b64(r, 30),
        (
            "Authorization: Basic {}",
            "{{'Authorization': 'Bearer {}'}}",
            "proxy-authorization: Basic {}",
            "[(b'Authorization', b'Bearer {}')]",
            "('authorization', 'Token {}')",
            "> authorization: bearer {}",
            'curl -H "Authorization: Digest {}"',
            "sent Bearer {}",
            '{{\\"Authorization\\": \\"Basic {}\\"}}',
        ),
    ),
    "other header": (
        lambda r: some(r, LETTERS, 30),
        (
            "X-Vault-Token: {}",
            "x-api-key: {}",
            "{{'X-Auth-Token': '{}'}}",
            "X-Amz-Security-Token={}",
            "Cookie: session={}",
            "Set-Cookie: sid={}; HttpOnly",
            "('cookie', 'a={}')",
            "X-CSRF-Token: {}",
        ),
    ),
    "query parameter": (
        lambda r: some(r, LETTERS, 26),
        (
            "GET /cb?code={}&n=1",
            "https://h/x?access_token={}",
            "https://h/x?a=1&X-Amz-Signature={}&b=2",
            "https://h/b?sv=2024-01-01&sig={}%3D",
            "https://maps.example/api?key={}",
            "POST /x?refresh_token={}",
            "id_token={}&token_type=bearer",
            "https://h/x?SAMLResponse={}",
        ),
    ),
    "azure connection string": (
        lambda r: some(r, BASE64, 86) + "==",
        (
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core",
            "Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey={}",
            "HostName=h;DeviceId=d;SharedAccessKey={}",
            "account key: {}",
            "storage_key={}",
        ),
    ),
    "aws secret key": (
        lambda r: some(r, BASE64, 40),
        (
            "aws_secret_access_key = {}",
            "AWS_SECRET_ACCESS_KEY={}",
            "{{'SecretAccessKey': '{}'}}",
            "secret key {} for AKIA",
            '"secretAccessKey":"{}"',
            "secret={}",
        ),
    ),
    "key beside a word": (
        lambda r: _b64(r, 32),
        (
            "key: {}",
            "the key is {}",
            "derived key {} for column",
            "hmac_key={}",
            "seed={}",
            "salt {}",
            'encryption_key: "{}"',
            "wrapping key ({})",
            "data_key: {}",
            "root key = {}",
            "key material {}",
        ),
    ),
    "hex key beside a word": (
        lambda r: some(r, HEX, 64),
        ("key={}", "master key: {}", "token {}", "secret {}", "signing_key='{}'", "hmac key is {}"),
    ),
    "key as bytes": (
        lambda r: "".join(f"\\x{b:02x}" for b in r.randbytes(32)),
        ("key=b'{}'", "unwrap(b'{}') failed", 'ValueError: b"{}" is no key', "got b'{}'"),
    ),
    "api key field": (
        lambda r: some(r, LETTERS, 28),
        (
            "api_key={}",
            "apiKey: '{}'",
            "API-KEY: {}",
            '{{"apikey":"{}"}}',
            "client_secret={}",
            'clientSecret="{}"',
            "auth_token={}",
            "//registry/:_authToken={}",
            "session_id={}",
            "consumer_secret = {}",
            "SECRET_KEY = '{}'",
            "webhook secret: {}",
        ),
    ),
    "pgpass line": (_password, ("db.internal:5432:shop:app:{}", "localhost:5432:*:app:{}")),
    "webhook address": (
        lambda r: f"T{some(r, LETTERS, 8)}/B{some(r, LETTERS, 8)}/{some(r, LETTERS, 24)}",
        (
            "https://hooks.slack.com/services/{}",
            "posting to hooks.slack.com/services/{} failed",
            "https://discord.com/api/webhooks/{}",
        ),
    ),
    "mail log-in": (
        lambda r: base64.b64encode(b"\0app\0" + r.randbytes(12)).decode(),
        ("AUTH PLAIN {}", "a1 AUTHENTICATE PLAIN {}", "> AUTH LOGIN {}"),
    ),
    "private jwk": (
        lambda r: _url64(r, 32),
        (
            '{{"kty":"EC","crv":"P-256","d":"{}"}}',
            '{{"kty": "oct", "k": "{}"}}',
            "{{'kty': 'RSA', 'd': '{}'}}",
        ),
    ),
    "passphrase": (
        lambda r: " ".join(some(r, string.ascii_lowercase, 7) for _ in range(5)),
        (
            "passphrase: {}",
            "PASSPHRASE={}",
            "passphrase='{}'",
            '{{"passphrase": "{}"}}',
            "mnemonic: {}",
            "password: {}",
            'pass_phrase = "{}"',
        ),
    ),
    "signing key": (
        lambda r: f"{some(r, HEX, 8)}+{_b64(r, 33)}",
        ("PRIVATE+KEY+example.org/ledger+{}", "key file holds 'PRIVATE+KEY+x+{}'"),
    ),
}


def _pems(rng: random.Random) -> Iterator[Line]:
    for kind in ("PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY",
                 "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"):  # fmt: skip
        pem = _pem(rng, kind)
        body = "".join(pem.splitlines()[1:-1])
        yield Line("pem", f"could not load {pem} from file", pem.splitlines()[1])
        yield Line("pem in json", json.dumps({"private_key": pem, "id": 4}), pem.splitlines()[2])
        yield Line("pem cut short", f"key: {pem[:150]}", pem.splitlines()[1])
        yield Line("pem on one line", f"got {kind} -----BEGIN {kind}-----{body}", body)


def known_forms(value: bytes) -> dict[str, str]:
    """The forms in which a secret that we hold may stand in a text."""
    text = value.decode("latin-1")
    return {
        "as it is": text,
        "repr": repr(text),
        "repr of bytes": repr(value),
        "json": json.dumps(text),
        "url": urllib.parse.quote(text, safe=""),
        "form": urllib.parse.quote_plus(text),
        "hex": value.hex(),
        "HEX": value.hex().upper(),
        "base64": base64.b64encode(value).decode(),
        "base64 of more": base64.b64encode(b"user:" + value + b"\n").decode(),
        "base64 of a little more": base64.b64encode(b"u:" + value + b"!").decode(),
        "base64url": base64.urlsafe_b64encode(value).decode(),
        "most of it": text[3:-2],
    }


def written_forms(text: str) -> dict[str, str]:
    """The forms in which a text with signs beyond ASCII, quotes and ``&`` may stand in another."""
    url = urllib.parse.quote(text, safe="")
    return {
        "url in small hex": re.sub("%..", lambda sign: sign.group().lower(), url),
        "ascii": ascii(text),
        "json in json": json.dumps(json.dumps(text)),
        "json with its signs": json.dumps(text, ensure_ascii=False),
        "html": html.escape(text),
        "html but quotes": html.escape(text, quote=False),
        "html in ascii": html.escape(text).encode("ascii", "xmlcharrefreplace").decode(),
        "sql": text.replace("'", "''"),
    }


def _known(rng: random.Random) -> Iterator[Line]:
    """Secrets without any shape, which are found because this process holds them."""
    for holder, value in (
        (SecretText, some(rng, string.ascii_lowercase + " ", 31).strip().encode() + b"zz"),
        (SecretText, some(rng, LETTERS + "%$ /+&?", 40).encode() + b"k"),
        (SecretBytes, some(rng, string.ascii_letters, 48).encode()),
    ):
        held = holder(value.decode() if holder is SecretText else value)  # type: ignore[arg-type]
        for name, form in known_forms(value).items():
            yield Line(f"known, {name}", f"the peer said: {form} (end)", form, held)
    key = rng.randbytes(32)
    held = SecretBytes(key)
    for name, form in known_forms(key).items():
        if name in {"repr of bytes", "hex", "HEX", "base64", "base64 of more", "base64url"}:
            yield Line(f"known, {name}", f"the peer said: {form} (end)", form, held)


def hostile_lines(seed: int = 20_260_102) -> list[Line]:
    """All lines with a secret."""
    rng = random.Random(seed)
    lines = [
        Line(shape, place.format(secret), secret)
        for shape, make in ISSUED.items()
        for place in PLACES
        for secret in [make(rng)]
    ]
    lines += [
        Line(shape, text.format(secret), secret)
        for shape, (make, texts) in BESIDE.items()
        for text in texts
        for secret in [make(rng)]
    ]
    return [*lines, *_pems(rng), *_known(rng)]


INNOCENT = (
    "run 3f2a read 200000 rows in 1.25 s, 4096 rejected, 1732312345678 ns, plan a1b2c3",
    "plan digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "contract digest sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
    "release.intent run=01J9ZC3V7K5Q2M8N4P6R8T0W2X sink=study rows=65536",
    "commit 2c1fece8fdc8b5493f7937dbe87aa1b0c3d4e5f6 is checked out",
    "reading data/people.csv: 14 columns, 200000 rows, 31.4 MiB",
    "column email: 3 values over maxLength, 2 without the pattern",
    "key domain email: version 3 is primary, version 2 is decrypt-only",
    "key 7 of 'email' was destroyed",
    "rotated person-name from key number 4 to key number 9",
    "the secret store vault answered in 12 ms",
    "secret://vault/warehouse#password is missing",
    "password: secret://mounted/state-password",
    "state: {url: postgresql://db.example.org/state, password: secret://mounted/state-password}",
    "the password of the state database was rotated; asked again",
    "tokens are compared by domain; 512 tokens written",
    "token frames: 65536 of 65536 verified",
    "https://docs.example.org/guides/keys?page=2#rotate",
    "GET https://vault.example.org:8200/v1/sys/health -> 200",
    "connecting to postgresql://db.example.org:5432/shop with sslmode=verify-full",
    "wheel lockgate-0.1.0-py3-none-any.whl, 412 KiB",
    "2026-01-02T03:04:05.678Z info batch.judged rows=65536",
    "uuid 123e4567-e89b-12d3-a456-426614174000 is the request's",
    "from 192.168.10.24:52144 to 10.0.0.7:8200",
    "ip 2001:db8:85a3::8a2e:370:7334 is listed",
    "/usr/lib/python3.11/site-packages/pyarrow/parquet/core.py line 1204",
    'File "src/lockgate/run/gate.py", line 88, in __call__',
    "LG-502 the key service is sealed (what to do: unseal it, then run again)",
    "ValueError while reading row 17 of data/people.csv",
    "authorisation was denied: reveal pii.email needs a purpose",
    "basic statistics: mean 12.5, bearer of 3 parts",
    "AES-256-GCM under HKDF-SHA256, 96-bit nonce, 128-bit tag",
    "the keyring holds 12 domains, 31 versions, 2 of them wait for destruction",
    "Vault transit key lockgate-root, version 4, AES-256-GCM96",
    "arn:aws:kms:eu-central-1:123:alias/lockgate-root",
    "projects/p/locations/europe-west3/keyRings/lockgate/cryptoKeys/root",
    "https://lockgate.vault.azure.net/keys/root",
    "checkpoint example.org/ledger 4096 signed at 2026-01-02",
    "RLIMIT_MEMLOCK is 8388608 bytes; 65536 are locked",
    "LOGIN page rendered in 3 ms",
    "LOGIN button clicked 3 times",
    "User LOGIN rate 12/s",
    "step2 LOGIN failed for ann",
    "web1 LOGIN page rendered",
    "AUTH PLAIN authentication failed",
    "AUTH LOGIN succeeded",
    "PASS src/app1.test.js",
    "> PASS src/Login2.test.ts",
    "PASS 12 of 12",
    "Password for bob is required",
    "Password for bob is older than 90 days",
    "pass 2 of 3 done, spw 3, mpw: 4",
    "identified by user1234",
    '{"name": "visits", "value": "12"}',
    "[{'name': 'token_count', 'value': 512}, {'value': 3, 'name': 'rows'}]",
    "{'fields': ['id', 'city'], 'value': 'A1B2'}",
    '<run type="x">study</run>',
    "note: >-\\n  two lines follow",
    "value: 12, name: rows",
    "compass: 12 deg; bypass valve=open; passed=3 skipped=0",
    "monkeys, turkeys and donkeys: 3 of each",
    "Zürich, Åre, São Paulo and 東京 are cities",
    "SELECT id, count(*) FROM people GROUP BY id HAVING count(*) > 1",
    "ratio 0.4999999999999999 of 1e-09, 3.141592653589793",
    "{'rows': 5, 'rejected': 1, 'columns': ['id', 'email'], 'ok': True}",
    "pip install 'lockgate[vault,aws]' --require-hashes",
)
