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


def lines(text: str, kind: str) -> list[int]:
    return [line for line, _, _ in literal_secrets(ProjectText(Path("x"), kind, text))]


@pytest.mark.parametrize(
    "kind_and_text",
    [
        *(("yaml", one) for one in YAML + REFUSED_YAML),
        *(("python", one) for one in PYTHON + BROKEN_PYTHON),
        *(("sql", one) for one in SQL),
    ],
)
def test_a_secret_in_another_form_is_found(kind_and_text: tuple[str, str]) -> None:
    kind, text = kind_and_text
    assert lines(text, kind) == [text.count("\n") + 1]


@pytest.mark.parametrize(("kind", "text"), INNOCENT)
def test_no_form_makes_a_secret_of_what_is_none(kind: str, text: str) -> None:
    assert lines(text, kind) == []


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
