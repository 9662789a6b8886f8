"""What the design forbids, read from the code itself: no import of it is needed."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_socket import SocketBlockedError

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src"
LINT_IMPORTS = Path(sys.executable).parent / "lint-imports"

MINT_HOME = "lockgate.plan.released_batch"
SEALED = {MINT_HOME, "lockgate.keys.release", "lockgate.access.permit"}
GATE = "lockgate.run.edge"
PROCESS_MODULES = frozenset(
    {"subprocess", "multiprocessing", "pty", "pickle", "shelve", "marshal", "ctypes", "code"}
)
# prctl and mlock, which Python does not have.
SYSTEM_CALLS = frozenset(
    {
        ("lockgate.adapters.remote.retries", "ctypes"),  # to end the thread of a call given up
        ("lockgate.hardening", "ctypes"),
        ("lockgate.secret_memory", "ctypes"),
    }
)
PROCESS_CALLS = re.compile(
    r"^(os\.(system|popen|exec\w+|spawn\w+|posix_spawnp?|fork|forkpty)|eval|exec|compile|__import__)$"
)
RULES = frozenset(
    {
        "labels",
        "contract",
        "access",
        "keys",
        "protect",
        "pipeline",
        "policy",
        "plan",
        "flow",
        "kernel",
    }
)
OUTSIDE = re.compile(
    r"^(open|os\.(environ|getenv|listdir|stat|open)|time\.(time|monotonic|time_ns|localtime)"
    r"|(\w+\.)?(datetime|date)\.(now|utcnow|today))$"
    r"|\.(read_text|read_bytes|write_text|write_bytes|iterdir|exists|is_file)$"
)
EXITS = re.compile(r"^(print|input|exit|quit|sys\.exit|os\._exit|os\.abort)$|^sys\.std(out|err)\b")


def module_of(path: Path) -> str:
    """The dotted name a file is imported by."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): ast.parse(path.read_bytes()) for path in SOURCE.rglob("*.py")}


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module and every `module.name` that a file imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every plain or dotted name that is loaded, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield ast.unparse(node), node.lineno


def in_cli(module: str) -> bool:
    return module in {"lockgate.cli", "lockgate.__main__"} or module.startswith("lockgate.cli.")


def test_walls_have_code_to_look_at() -> None:
    assert {MINT_HOME, "lockgate.errors"} <= MODULES.keys()


def test_only_the_gate_mints_released_batches() -> None:
    importers = {
        module
        for module, tree in MODULES.items()
        if f"{MINT_HOME}.mint" in imports(tree) and module != MINT_HOME
    }

    assert importers <= {GATE}


@pytest.mark.parametrize(
    ("home", "maker", "callers"),
    [
        ("lockgate.keys.release", "release", {"lockgate.run.key_release"}),
        ("lockgate.access.permit", "permitted", {"lockgate.run.context"}),
        ("lockgate.run.key_release", "release_for", {"lockgate.run.context"}),
    ],
)
def test_only_a_decision_leads_to_a_release_of_keys(
    home: str, maker: str, callers: set[str]
) -> None:
    importers = {module for module, tree in MODULES.items() if f"{home}.{maker}" in imports(tree)}
    by_name = {
        module
        for module, tree in MODULES.items()
        if any(name.endswith(f"{home.rpartition('.')[2]}.{maker}") for name, _ in names(tree))
    }

    assert importers | by_name == callers


def test_the_keyring_itself_is_named_where_keys_are_kept_and_opened_only() -> None:
    """Whoever else wants a key has ``ReleasedKeys``."""
    importers = {
        module
        for module, tree in MODULES.items()
        if "lockgate.keys.keyring.Keyring" in imports(tree)
    }
    reached = {
        module
        for module, tree in MODULES.items()
        if any(name.endswith("._keyring") for name, _ in names(tree))
    }

    assert {m for m in importers if not m.startswith("lockgate.keys.")} == {
        "lockgate.assemble.resources"
    }
    elsewhere = {"lockgate.adapters.identity_providers.kept_sessions"}  # the operating system's
    assert reached - elsewhere == {"lockgate.keys.released"}


def test_nobody_reaches_the_seal_or_the_mint_by_another_road() -> None:
    """Not as an attribute of the module, not by name, not around the constructor."""
    found = []
    for module, tree in MODULES.items():
        if module in SEALED:
            continue
        for name, line in names(tree):
            last = name.rpartition(".")[2]
            around = last == "_SEAL" or name.endswith("released_batch.mint")
            direct = name == "ReleasedBatch.__new__" or name == "object.__new__"
            if around or direct:
                found.append(f"{module}:{line}: {name}")
        found += [
            f"{module}:{node.lineno}: constructs a ReleasedBatch"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ReleasedBatch")
        ]

    assert found == []


def test_the_mint_refuses_a_forged_seal() -> None:
    from lockgate.errors import IntegrityError
    from lockgate.plan.released_batch import ReleasedBatch

    with pytest.raises(IntegrityError):
        ReleasedBatch(object(), None, "digest", "sink", "zone")


def test_only_the_cli_prints_or_exits() -> None:
    found = [
        f"{module}:{line}: {name}"
        for module, tree in MODULES.items()
        if not in_cli(module)
        for name, line in names(tree)
        if EXITS.search(name)
    ]
    raised = [
        f"{module}:{node.lineno}: SystemExit"
        for module, tree in MODULES.items()
        if not in_cli(module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc and "SystemExit" in ast.unparse(node.exc)
    ]

    assert found + raised == []


def test_no_module_starts_processes_or_loads_code_from_data() -> None:
    found = []
    for module, tree in MODULES.items():
        banned = {name.partition(".")[0] for name in imports(tree)} & PROCESS_MODULES
        found += [
            f"{module}: imports {name}"
            for name in sorted(banned)
            if (module, name) not in SYSTEM_CALLS
        ]
        found += [
            f"{module}:{node.lineno}: calls {ast.unparse(node.func)}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and PROCESS_CALLS.match(ast.unparse(node.func))
        ]

    assert found == []


def test_no_module_comes_back_in_through_the_public_face() -> None:
    """`from lockgate import open` in a lower room would reach past every floor."""
    packages = {path.stem for path in (SOURCE / "lockgate").iterdir()}
    found = []
    for module, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "lockgate":
                names = {alias.name for alias in node.names} - packages - {"__version__"}
                found += [f"{module}:{node.lineno}: {name}" for name in sorted(names)]
            if isinstance(node, ast.Import):
                face = [alias for alias in node.names if alias.name == "lockgate"]
                found += [f"{module}:{node.lineno}: the whole package" for _ in face]

    assert found == []


def test_no_module_fetches_by_url() -> None:
    """`urllib.parse` only takes text apart; import-linter holds the other network libraries."""
    fetching = [m for m, tree in MODULES.items() if "urllib.request" in imports(tree)]

    assert fetching == []


KERNEL_BY_NAME = ("lockgate.kernel.choice", "os.environ")
WHO_ACTS = ("lockgate.access.principal", "_UID_MAP.read_text")


def test_rules_touch_no_file_clock_or_environment() -> None:
    """Bytes and `now` are handed in, so a rule gives the same answer everywhere.

    Which kernel computes it may be named in the environment: they give the same bytes. Who acts is
    the system's to say, as its uid is.
    """
    found = [
        f"{module}:{line}: {name}"
        for module, tree in MODULES.items()
        if len(module.split(".")) > 1 and module.split(".")[1] in RULES
        for name, line in names(tree)
        if OUTSIDE.search(name) and (module, name) not in (KERNEL_BY_NAME, WHO_ACTS)
    ]

    assert found == []


def test_no_secret_comes_from_a_guessable_generator() -> None:
    """Only made-up people and rows, and the choice of rows that are judged twice, may be seeded."""
    guessable = {"random", "numpy.random"}
    seeded = (
        "lockgate.cli.demo",
        "lockgate.contract.judge.audit",
        "lockgate.flow.made_up",
        "lockgate.flow.probe",
    )
    found = [
        module
        for module, tree in MODULES.items()
        if not module.startswith(seeded)
        and (guessable & set(imports(tree)) or "np.random" in {name for name, _ in names(tree)})
    ]

    assert found == []


def test_no_handler_swallows_everything_in_silence() -> None:
    """`except Exception: pass` turns a failed check into a passed one."""
    silent = [
        f"{module}:{node.lineno}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body)
    ]

    assert silent == []


def test_no_assert_stands_for_a_check() -> None:
    """`python -O` removes asserts, so no decision may rest on one."""
    asserts = [
        f"{module}:{node.lineno}"
        for module, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
    ]

    assert asserts == []


def test_layers_hold() -> None:
    done = subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:]


def test_layers_would_catch_an_upward_import(tmp_path: Path) -> None:
    """The contract itself works: the same floors refuse a kernel that imports the CLI."""
    package = tmp_path / "lockgate"
    for floor in ("cli", "kernel"):
        (package / floor).mkdir(parents=True)
        (package / floor / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "kernel" / "peek.py").write_text("import lockgate.cli\n")
    configuration = (REPOSITORY / "pyproject.toml").read_text()
    # Only these two floors stand in the small copy.
    configuration = re.sub(
        r"^layers = \[.*?^\]", 'layers = ["cli", "kernel"]', configuration, flags=re.M | re.S
    )
    (tmp_path / "pyproject.toml").write_text(configuration)
    done = subprocess.run(
        [LINT_IMPORTS, "--no-logo", "--no-cache", "--contract", "floors"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "lockgate.kernel.peek -> lockgate.cli" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    """`lockgate --help` answers at once because nothing big is imported for it."""
    probe = (
        "import sys, click\n"
        "from lockgate.cli import main as face\n"
        "groups = [v for v in vars(face).values() if isinstance(v, click.Group)]\n"
        "groups[0].main(['--help'], standalone_mode=False)\n"
        "heavy = {'pyarrow', 'sqlalchemy', 'alembic', 'pydantic', 'numpy'} & set(sys.modules)\n"
        "print('loaded', sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )

    assert done.stdout.endswith("loaded []\n"), done.stdout[-300:] + done.stderr[-600:]


@pytest.mark.filterwarnings("ignore:A test tried to use:UserWarning")
def test_rules_are_tested_with_the_network_removed() -> None:
    with pytest.raises(SocketBlockedError):
        socket.create_connection(("127.0.0.1", 9), timeout=0.01)
