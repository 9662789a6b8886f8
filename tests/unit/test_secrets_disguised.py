"""A secret is found in the forms that files give it: other markup, other code, a broken file."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from lockgate.assemble.literal_secrets import literal_secrets
from lockgate.assemble.project_texts import ProjectText, project_texts

YAML = [
    "environment:\n  - POSTGRES_PASSWORD=Hunter2prod",
    "env: [{name: DB_PASSWORD, value: Hunter2prod}]",
    "x: {password: {value: Hunter2prod}}",
    "passwords: [Hunter2prod]",
    "db_pass: Hunter2prod",
    "dsn: \"host=db password='Hunter2prod'\"",
    "args: --password=Hunter2prod",
    "password: $uperS3cret99",
    'password: "%Hunter2prod"',
]
YAML += [
    "password: correct-horse-battery",
    "password: letmein_please",
    "client_secret: correct-horse-battery",
    "api_key: correct-horse-battery-staple",
    "password: '<Hunter2!prod>'",
    "password: '${Hunter2!prod}'",
    "password: '{Hunter2prod}'",
    "password: must be Hunter2!prod",
    "password: MY_PASSWORD_2024",
    "password: credential.hunter2",
    "password: 3.14159265",
    "x: {password: {default: Hunter2prod}}",
    "passwords: {prod: Hunter2prod}",
    "x: {user: bob, pw: Hunter2prod}",
    "pass: Hunter2prod",
    "passwort: Hunter2prod",
    "kennwort: Hunter2prod",
    "args: ['--password', 'Hunter2prod']",
    "auth: 'Basic Ym9iOkh1bnRlcjJwcm9k'",
    "url: https://x.example.org/?token=Hunter2prod77",
    "rules: {password: Hunter2prod}",
    "labels: {x: {password: Hunter2prod}}",
    "select: {password: Hunter2prod}",
    "# pw: Hunter2prod",
]
REFUSED_YAML = [
    "a: &a 1\npassword: Hunter2prod",
    "a: 1\n---\npassword: Hunter2prod",
    "password: x\npassword: Hunter2prod",
    "password: !env Hunter2prod",
    "password: &pw Hunter2prod",
    "a: &a 1\n'password': 'Hunter2prod'",
    "a: &a 1\npassword: |\n  Hunter2prod",
    "a: 1\n---\nenv:\n- name: DB_PASSWORD\n  value: Hunter2prod",
]
PYTHON = [
    "password = SecretStr('Hunter2prod')",
    "class A:\n    password: str = Field(default='Hunter2prod')",
    "password: str = Field('Hunter2prod')",
    "user, password = 'u', 'Hunter2prod'",
    "password = os.environ.get('DB_PW') or 'Hunter2prod'",
    "password = os.environ.get('DB_PW', 'Hunter2prod')",
    "password = given if given else 'Hunter2prod'",
    "password = 'Hunter2prod'.encode()",
    "d.setdefault('password', 'Hunter2prod')",
    "setattr(o, 'password', 'Hunter2prod')",
    "if (password := 'Hunter2prod'): pass",
    "passwords = ['Hunter2prod']",
    "password = cast(str, 'Hunter2prod')",
    "dsn = \"host=db password='Hunter2prod'\"",
]
PYTHON += [
    "password = f'Hunter2prod'",
    "password = {'prod': 'Hunter2prod'}['prod']",
    "passwords = {'prod': 'Hunter2prod'}",
    "x = [('password', 'Hunter2prod')]",
    "run(['psql', '--password', 'Hunter2prod'])",
    "password += 'Hunter2prod'",
    "password = ''.join(['Hunter2prod'])",
    "x = 'password: Hunter2prod'",
    "auth = ('bob', 'Hunter2prod')",
    "get(url, auth=('bob', 'Hunter2prod'))",
]
BROKEN_PYTHON = [
    "def f(:\npassword = 'Hunter2prod'",
    "print 'x'\nself.password = 'Hunter2prod'",
    "print 'x'\nd['password'] = 'Hunter2prod'",
    "print 'x'\npassword: str = 'Hunter2prod'",
    "print 'x'\nd = {'password': 'Hunter2prod'}",
]
SQL = [
    "ALTER USER app PASSWORD\n  'Hunter2prod'",
    "SET s3_secret_access_key='Hunter2prod'",
    "-- password Hunter2prod",
    "CREATE USER x PASSWORD $$Hunter2prod$$",
    "CREATE USER x PASSWORD $a$Hunter2prod$a$",
    "CREATE USER x PASSWORD E'Hunter2prod'",
    "PRAGMA add_parquet_key('k', 'Hunter2prod12345')",
    "/* password: Hunter2prod */ SELECT 1",
    "/* of the\n password: Hunter2prod */",
    "SELECT 1 -- pw Hunter2prod",
]
CEDAR = [
    "// password: Hunter2prod",
    'permit(principal, action, resource) when { context.token == "Hunter2prod" };',
]
INNOCENT = [
    ("yaml", "a: &a 1\npassword: secret://env/PW\ntoken: ${TOKEN}\nkey: x1"),
    ("yaml", "a: &a 1\ntoken: 12345\npassword:\nnext: Hunter2prod"),
    ("yaml", "env: [{name: DB_PASSWORD, value: $DB_PASSWORD}, {name: token, value: 7}]"),
    ("yaml", "password: $db_password"),
    ("yaml", "password: '%(password)s'"),
    ("yaml", "on_pass: next1"),
    ("python", "password = getpass('Password of db02: ')"),
    ("python", "PASSWORD = re.compile('^[A-Z]1$')"),
    ("python", "token = row.get('token_1')"),
    ("python", "password: str = Field(description='Of 12 signs')"),
    ("python", "user, password = read('file1')"),
    ("python", "def f(:\npassword = get(x1)\npassword = other1"),
    ("python", "dsn = f\"host=db password='{password}'\""),
    ("sql", "SELECT password -- password SHA256 of the column\nFROM t WHERE a = 'x1y2z3'"),
    ("sql", "SELECT * FROM a JOIN b ON a.user_password=b.pw_hash"),
    ("yaml", "a: &a 1\npassword: ${{ secrets.PW }}\nTOKEN: '${{ secrets.T }}'"),
    ("sql", "SELECT 1 AS password,\n 'x1y2z3' AS a"),
]
INNOCENT += [
    ("yaml", "token: varchar(64)"),
    ("yaml", "token: decimal(10,2)"),
    ("yaml", "password: string(30)"),
    ("yaml", "token: token_2"),
    ("yaml", "token: person_1"),
    ("yaml", "quality: {token: not null}"),
    ("yaml", "password: n/a"),
    ("yaml", "password: tbd"),
    ("yaml", "password: <your password>"),
    ("yaml", "password: '{{ secrets.db }}'"),
    ("yaml", "password: ${DB_PASSWORD_2:?set it}"),
    ("yaml", "password: password_hash"),
    ("yaml", "token: device_visit_patient_token"),
    ("yaml", "select: {password: pwd_column_2, token: upper(t1)}"),
    ("yaml", "rules: {credential.password: drop, token: hash}"),
    ("yaml", "password: {type: string, minLength: 12, default: null}"),
    ("yaml", "args: [--password, $DB_PASSWORD, --token-file, /run/t1]"),
    ("yaml", "columns: [password, created_at]"),
    ("yaml", "auth: basic authentication"),
    ("yaml", "url: https://x.example.org/?token=opaque&page=12"),
    ("yaml", "description: must be hashed by sha256, token by hmac-sha256"),
    ("python", "columns = ['password', 'created_at']"),
    ("python", "shapes = (('a device token', r'd[A-Z0-9]{36}'),)"),
    ("python", "parts = ['- password', 'key 12345']"),
    ("python", "text = 'sealed under a passphrase: Argon2id (RFC 9106)'"),
    ("python", "kinds = [('token', 'Bearer'), ('password', 'password_hash_2')]"),
    ("python", "password = {'type': 'string1'}"),
    ("python", "token = ', '.join(['a', 'b'])"),
    ("python", "auth = (user, password)"),
    ("python", "password = f'{prefix}1a'"),
    ("python", "text = 'password: at least 12 characters'"),
    ("python", "pattern = r'password: [A-Z0-9]{8}'"),
    ("python", "help = 'password: {}, then 12 more'"),
    ("sql", "/* the password: see the vault */ SELECT 1"),
    ("sql", "SELECT $$x1y2z3$$ AS a"),
    ("cedar", 'permit(principal, action, resource) when { context.purpose == "study1" };'),
]


def lines(text: str, kind: str) -> list[int]:
    return [line for line, _, _ in literal_secrets(ProjectText(Path("x"), kind, text))]


@pytest.mark.parametrize(
    "kind_and_text",
    [
        *(("yaml", one) for one in YAML + REFUSED_YAML),
        *(("python", one) for one in PYTHON + BROKEN_PYTHON),
        *(("sql", one) for one in SQL),
        *(("cedar", one) for one in CEDAR),
    ],
)
def test_a_secret_in_another_form_is_found(kind_and_text: tuple[str, str]) -> None:
    kind, text = kind_and_text
    assert lines(text, kind) == [text.count("\n") + 1]


@pytest.mark.parametrize(("kind", "text"), INNOCENT)
def test_no_form_makes_a_secret_of_what_is_none(kind: str, text: str) -> None:
    assert lines(text, kind) == []


def test_a_secret_in_a_file_that_python_or_the_shell_finds_is_found(tmp_path: Path) -> None:
    """Other endings, hidden folders, what is imported by its name, another way to write ASCII."""
    files = {
        "steps/.h/x.sql": b"-- password: Hunter2prod\n",
        "policy/X.YAML": b"password: Hunter2prod\n",
        "x.pyw": b"password = 'Hunter2prod'\n",
        "steps/by_name.py": b"import_module('conf.s')\n__import__('other.s')\n",
        "conf/s.py": b"password = 'Hunter2prod'\n",
        "other/s.py": b"password = 'Hunter2prod'\n",
        "steps/seven.py": b"# coding: utf-7\npassword +AD0- 'Hunter2prod'\n",
        "access/x.cedar": b"// AKI" + b"AQ3EGRS7T8U9V2WXY\n",
    }
    for name, content in {**files, "steps/.venv/lib/x.py": files["x.pyw"]}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    found = {
        str(one.file.relative_to(tmp_path))
        for one in project_texts(tmp_path, frozenset(), {})
        if list(literal_secrets(one))
    }
    assert found == set(files) - {"steps/by_name.py"}


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (codecs.BOM_UTF8, "utf-8"),
    ],
)
def test_a_secret_in_another_encoding_is_found(mark: bytes, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_bytes(mark + "password = 'Hunter2prod'\n".encode(encoding))
    (one,) = project_texts(tmp_path, frozenset(), {})
    assert list(literal_secrets(one)) == [(1, 12, "a value of password")]
