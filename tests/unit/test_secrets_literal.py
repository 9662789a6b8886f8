"""A secret in a project's file is found where it stands; what only looks like one is not."""

# ruff: noqa: E501 - each sample is the line as somebody would write it

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest

from lockgate.adapters.secret_scan.known_formats import known_formats, worth_a_look
from lockgate.assemble.literal_secrets import literal_secrets
from lockgate.assemble.project_texts import ProjectText

# Made when the tests run, so that no scanner of this repository finds them.
B64 = "q7Zx9LmN2pRtVw4yAbCdEfGhIjKlMnOpQrStUvWxYz0"
HEX = "9f86d081884c7d659a2feaa0c55ad015"
MIX = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
DASH = "-" * 5
JWT = ".".join(
    ("ey" + "JhbGciOiJIUzI1NiJ9", "ey" + "JzdWIiOiIxMjM0In0", "dBjftJeZ4CVPmB92K27uhbUJU1p1r")
)
AWS = "AK" + "IAQ3EGRS7T8U9V2WXY"

YAML = [
    "password: hunter2",
    "x: {password: 'correct horse battery'}",
    "state: {url: postgresql://db/x, password: hunter2}",
    "db_password: tr0ub4dor",
    "dbPassword: tr0ub4dor",
    "passphrase: correct horse battery staple",
    "password: 123456789",
    "api_key: 0a1b2c3d4e5f",
    "apiKey: 0a1b2c3d4e5f",
    "client_secret: wJalrXUtnFEMI",
    "secret: s3cr3t-of-the-house",
    "auth: {token: " + "hv" + "s.CAESIJlU9JMYEhOPYv4igdhm9PnZDrabYTobQ4Ymnlq1qY-zGh4KHGh2cy5n}",
    "token: " + "s." + "3qV7pR9xK1mZ4tY8wB2nC5dF",
    "customProperties: [{property: db.password, value: hunter22}]",
    "url: postgresql://app:hunter2" + "@db.example.org/warehouse",
    "url: 'https://deploy:0a1b2c3d" + "@git.example.org/x.git'",
    "dsn: host=db user=app password=hunter2 sslmode=verify-full",
    "odbc: 'Driver={ODBC};Server=db;Pwd=tr0ub4dor;'",
    "store: DefaultEndpointsProtocol=https;AccountName=a;Account" + f"Key={B64}{B64[:43]}==;",
    "header: 'Authorization: Bear" + f"er {MIX}'",
    "aws: " + AWS,
    "x: gh" + f"p_{MIX[:36]}",
    "x: git" + f"hub_pat_{MIX}",
    "x: gl" + f"pat-{MIX[:20]}",
    "x: xo" + "xb-123456789012-123456789012-abcdefGHIJ",
    "x: https://hooks.sl" + "ack.com/services/T0000/B0000/abcdefGHIJ",
    f"x: {JWT}",
    "x: AI" + f"za{MIX[:35]}",
    "x: ya" + f"29.{MIX}",
    "x: sk" + f"_live_{MIX[:24]}",
    "x: np" + f"m_{MIX[:36]}",
    "x: py" + "pi-AgEIcHlwaS5vcmc" + MIX * 2,
    "x: S" + f"G.{MIX[:22]}.{MIX + 'abc'}",
    "x: " + f"sq0csp-{MIX}abc",
    f"x: {HEX}-us12",
    "x: A" + f"C{HEX}",
    "x: AGE-SECRET" + "-KEY-1QYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQYQS3290GQ",
    "x: https://a.blob.core.windows.net/c?sv=2024&si" + f"g={B64}%3D",
    f"x: {B64}=",
    "x: lk" + f"g1_{MIX}",
    f"{DASH}BEGIN RSA PRIV" + f"ATE KEY{DASH}",
    f"{DASH}BEGIN OPENSSH PRIV" + f"ATE KEY{DASH}",
    f"{DASH}BEGIN ENCRYPTED PRIV" + f"ATE KEY{DASH}",
    f"{DASH}BEGIN PGP PRIV" + f"ATE KEY BLOCK{DASH}",
    "password: [hunter2]",
    "password: >-\n  hunter2",
    "# password: hunter2",
    "keys: {service: local}  # the old token = 0a1b2c3d4e",
    '{"lockgate_root_key": 1, "kdf": "argon2id"}',
]
WORDS_ALONE = [
    "password: swordfish",
    "client_secret: swordfish",
    "password: Let_Me_In",
    "token: abcdefghijklmnopqrstuvwxyz",
    "password: hunter2_password",
    "url: postgresql://app:swordfish" + "@db/x",
    "url: postgresql://app:let_me_in" + "@db/x",
    "dsn: host=db password=let_me_in",
]
PYTHON = [
    "password = 'hunter2'",
    "DB_PASSWORD: str = 'hunter2'",
    "self.password = 'hunter2'",
    "connect(host='db', password='hunter2')",
    "config['password'] = 'hunter2'",
    "settings = {'api_key': '0a1b2c3d4e'}",
    "def open(user, password='hunter2'): pass",
    "def open(*, token='0a1b2c3d4e'): pass",
    "url = 'postgresql://app:hunter2" + "@db/x'",
    "dsn = 'host=db password=hunter2'",
    "x = f'https://app:hunter2" + "@{host}/x'",
    "# password = hunter2",
    "password = b'hunter2'",
    "os.environ['PGPASSWORD'] = 'hunter2'",
    "pw = os.getenv('DB_PASSWORD', 'hunter2')",
    "pw = os.environ.get('DB_PASSWORD', 'hunter2')",
    f"k = {AWS!r}",
]
SQL = [
    "CREATE SECRET s (TYPE s3, KEY_ID 'abcdefgh', SECRET 'abcdefghij')",
    "ALTER USER app PASSWORD 'hunter2'",
    "CREATE USER app IDENTIFIED BY 'hunter2'",
    "ATTACH 'host=db user=app password=hunter2' AS w (TYPE postgres)",
    "-- password: hunter2",
]
INNOCENT_YAML = [
    "password: secret://vault/app/warehouse#password",
    "auth: {token: secret://env/VAULT_TOKEN}",
    "auth: {approle: {role_id: db02de05-fa39-4855-059b-67221c5c2f63, secret_id: secret://file/id}}",
    "access_key: {id: " + AWS + ", secret: secret://env/AWS_SECRET}",
    "ledger: {public_key: '" + B64 + "='}",
    "digest: sha256:" + HEX * 2,
    f"sha256: {HEX * 2}",
    f"integrity: sha256-{B64}=",
    f"commit: {HEX}{HEX[:8]}",
    f"public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{B64} ops",
    f"{DASH}BEGIN PUBLIC KEY{DASH}",
    f"{DASH}BEGIN CERTIFICATE{DASH}",
    "rules: {credential.password: drop, credential.token: hash, secret: deny}",
    "influence: {credential.password: deny}",
    "select: [id, {token: visit_token}, {password: pwd_column}]",
    "declassify: {token: {labels: [public], reason: made up, approver: dpo@example.org}}",
    "labels: {acme.secret: {description: The secret recipe, domain: recipe}}",
    "properties: [{name: password, logicalType: string, customProperties: [{property: lockgate.label, value: credential.password}]}]",
    "properties: [{name: token, physicalType: varchar, examples: [tok_example]}]",
    "description: Passwords and tokens are dropped; the api key never leaves.",
    "description: 'password: whoever asks is told to look into the vault'",
    "purpose: reset of a forgotten password",
    "password: <password>",
    "password: ${DB_PASSWORD}",
    "password: '***'",
    "password: ''",
    "password:",
    "token: null",
    "token: true",
    "max_tokens: 4096",
    "token_file: /var/run/secrets/kubernetes.io/serviceaccount/token",
    "password_column: geheim_1",
    "primary_key: customer_id_2",
    "key: patient_number_1",
    "tokenize: {domain: email}",
    "state: {url: postgresql://lockgate@db.example.org:5432/state, password: secret://env/PW}",
    "url: https://example.org:8443/a@b",
    "url: postgresql://user:password" + "@host/db",
    "url: postgresql://<user>:<password>@host/db",
    "url: postgresql://app:${PW}@host/db",
    "path: data/2026-11-23/customers_0001_part.parquet",
    "id: urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
    "arn: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "pattern: '^[A-Za-z0-9+/]{43}=$'",
    "# password: see the guide about secrets",
    "# the token is in env/VAULT_TOKEN",
    "# secret: secret://env/NAME1",
    "version: 1.0.0",
    "email: ann.b7@example.org",
    "python: 'models.visits_2026:VisitWithAVeryLongName1'",
]
INNOCENT_PYTHON = [
    "password = os.environ['DB_PASSWORD']",
    "password = workspace.secret('secret://env/DB_PASSWORD')",
    "connect(password=password.reveal())",
    "token: Annotated[str, Labelled('credential.token')]",
    "PASSWORD = 'credential.password'",
    "schema = {'password': 'large_string', 'token': 'utf8'}",
    "types = dict(token='category', secret='int64')",
    "TOKEN_COLUMN = 'visit_token_1'",
    "rename(password='pwd', token='token')",
    "token_variable = 'VAULT_TOKEN'",
    "token = 'VAULT_TOKEN'",
    "password = ''",
    "password = None",
    "api_key = f'{prefix}{number}'",
    "def open(user, password=None): pass",
    "s.some_attribute_with_a_very_long_name_of_42_signs()",
    "raise ValueError('the password is too short: at least 12 signs')",
    "f'postgresql://{user}:{password}@{host}/db'",
    "df.filter(pl.col('token') == 'x1y2z3')",
    "query = 'SELECT password = 7 AS same FROM t'",
    f"DIGEST = '{HEX}'",
    "if key == 'patient_id_1': pass",
    "df.select('token', 'city')",
    "pw = os.getenv('DB_PASSWORD', '')",
    "kind = row.get('token', 'unknown')",
]
INNOCENT_PYTHON += [
    "ROOT_KEY = 'root.key'",
    "words = {'credential.password': 'password, passwd, pwd'}",
    "pattern = r'(?:password=|pwd=)(?P<value>.+)'",
    "note = 'written as password=…, or ``password=``'",
]
INNOCENT_PYTHON += [
    "df.rename(columns={'password': 'pw_hash', 'token': 'device_token'})",
    "token = 'patient_token'",
    "token = 'deviceToken'",
    "access_key = 'customer_id'",
    "credentials = 'include'",
    "session_token = 'session'",
    "api_key = 'per-patient'",
    "auth_key = 'primary'",
]
INNOCENT_YAML += [
    "a: 1 # was secret://vault/app2/warehouse#password",
    "x: {token: device}",
    "quality: {token: unique}",
    "access_key: customer_id",
    "description: 'password: at least 12 characters; token=opaque'",
    "x: {password: 'must be 12 chars'}",
    "x: {password: pw_hash}",
]
INNOCENT_SQL = [
    "SELECT token, password IS NULL AS none FROM people WHERE token = other.token",
    "SELECT count(*) AS secret FROM t",
    "SELECT 'a' AS token, '' AS password",
    "SELECT md5(password) FROM t -- the password never leaves",
    "SELECT * FROM a JOIN b ON a.key = b.api_key",
]


def found(text: str, kind: str) -> list[tuple[int, int, str]]:
    return list(literal_secrets(ProjectText(Path(f"x.{kind}"), kind, text)))


@pytest.mark.parametrize("line", [*YAML, *WORDS_ALONE])
def test_a_secret_in_yaml_is_found(line: str) -> None:
    places = found(f"lockgate: 1\n{line}\n", "yaml")
    assert [number for number, _, _ in places] == [2]


@pytest.mark.parametrize("line", PYTHON)
def test_a_secret_in_python_is_found(line: str) -> None:
    ast.parse(line)
    assert {number for number, _, _ in found(f"import os\n{line}\n", "python")} == {2}


@pytest.mark.parametrize("line", SQL)
def test_a_secret_in_sql_is_found(line: str) -> None:
    assert {number for number, _, _ in found(f"SELECT 1;\n{line}\n", "sql")} == {2}


@pytest.mark.parametrize("line", INNOCENT_YAML)
def test_what_is_no_secret_in_yaml_is_left(line: str) -> None:
    assert found(line, "yaml") == []


@pytest.mark.parametrize("line", INNOCENT_PYTHON)
def test_what_is_no_secret_in_python_is_left(line: str) -> None:
    ast.parse(line)
    assert found(line, "python") == []


@pytest.mark.parametrize("line", INNOCENT_SQL)
def test_what_is_no_secret_in_sql_is_left(line: str) -> None:
    assert found(line, "sql") == []


def test_the_place_is_that_of_the_value() -> None:
    assert found("a: 1\nstate: {url: x, password: hunter2}\n", "yaml") == [
        (2, 27, "a value of password")
    ]
    assert found("ä = connect(user='é', password='hunter2')\n", "python")[0][:2] == (1, 32)
    assert found("url: postgresql://app:hunter2" + "@db/x\n", "yaml")[0][:2] == (1, 23)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_do(end: str) -> None:
    text = end.join(("a = 1", "b = '\x0b \x0c \u2028 \x85'", "password = 'hunter2'", ""))
    assert [place[:2] for place in found(text, "python")] == [(3, 12)]


def test_nothing_of_the_value_is_told() -> None:
    told = " ".join(what for line in YAML for _, _, what in found(line, "yaml"))
    for secret in ("hunter2", "tr0ub4dor", MIX, B64, HEX, AWS):
        assert secret not in told


def test_every_line_that_a_detector_knows_is_worth_a_look() -> None:
    """The filter that saves loading the detectors hides nothing from them."""
    known = [line for line in YAML if list(known_formats(line))]
    assert len(known) >= 15
    assert [line for line in known if not worth_a_look(line)] == []


HOSTILE = {
    "comments": "# " * 50_000,
    "names": "#" + " a_password" * 10_000,
    "word": "a1" * 50_000,
    "addresses": "http://" * 15_000,
    "pairs": "password=" * 12_000,
    "key": ("A" * 43 + "=") * 2_000,
    "quotes": "password '" * 10_000,
    "token": "eyJaaaaaaaaa." * 8_000,
    "header": "-----BEGIN " * 10_000,
    "authorization": "authorization: " * 7_000,
    "underscores": "_" * 100_000,
    "refused": "a: &a 1\n" + "password: " * 10_000,
    "refused words": "a: &a 1 (\n" + "name.token_" * 10_000,
    "refused values": "a: &a 1 (\n" + "password = [ !a &" * 6_000,
    "spaces": "password" + " " * 100_000,
    "services": "cloudant_ibm_softlayer_aws_key " * 3_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["yaml", "sql", "python"])
def test_a_hostile_line_costs_little(name: str, kind: str) -> None:
    """100 kB in seconds at the very most, in the slowest of sessions; quadratic would be minutes."""
    began = time.process_time()
    found(HOSTILE[name], kind)
    assert time.process_time() - began < 10


def test_nesting_without_end_is_survived() -> None:
    assert found("x = " + "(" * 20_000, "python") == []
    assert found("x: " + "[" * 20_000, "yaml") == []


def test_this_repositorys_examples_and_templates_hold_none(repository: Path) -> None:
    """The files that projects begin with pass the check that their owners will run."""
    kinds = {".yaml": "yaml", ".py": "python", ".sql": "sql"}
    files = [
        path
        for folder in ("examples", "src/lockgate/cli/demo")
        for path in sorted((repository / folder).rglob("*"))
        if path.suffix in kinds
    ]
    assert len(files) > 5
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert list(literal_secrets(ProjectText(file, kinds[file.suffix], text))) == [], file
