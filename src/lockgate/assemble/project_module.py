"""Import a Pydantic model or a step from the project's own folder, and from nowhere else."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from lockgate.assemble.ownership import require_owned
from lockgate.assemble.source_import import SourceOnly, source_only
from lockgate.errors import ConfigurationError, ContractError, Position, StepRefused
from lockgate.pipeline.python_step import PythonStep
from lockgate.redaction.raised_name import raised_name

PREFIX = "lockgate_project"
_BROUGHT_ALONG: set[str] = set()


def load_class(folder: Path, reference: str) -> type[BaseModel]:
    """The model that ``module:Class`` names in ``folder``.

    1. The module's file must lie below the folder after symlinks are followed.
    2. It is executed under a name of its own, so it shadows no installed module;
       while it is imported, the folder is searched last.

    Raises ContractError; of an error inside the module only its type and line are told.
    """
    module_name, _, class_name = reference.partition(":")
    found, _ = _named(folder, module_name, class_name, ContractError)
    if not isinstance(found, type) or not issubclass(found, BaseModel):
        raise ContractError(
            f"module {module_name} has no Pydantic model {class_name}",
            hint="the class derives from pydantic.BaseModel",
        )
    return found


def load_step(folder: Path, reference: str) -> tuple[PythonStep, str]:
    """The step that ``module:function`` names in ``folder``, found and imported as a model is.

    With the SHA-256, hex, of the very bytes of its module that were compiled and executed.

    Raises StepRefused; of an error inside the module only its type and line are told.
    """
    module_name, _, function_name = reference.partition(":")
    found, digest = _named(folder, module_name, function_name, StepRefused)
    if not isinstance(found, PythonStep):
        raise StepRefused(
            f"module {module_name} has no step {function_name}",
            hint="a function with the decorator @lockgate.step(returns={...})",
        )
    return found, digest


def _named(
    folder: Path, module_name: str, name: str, refusal: type[ConfigurationError]
) -> tuple[object, str]:
    """What a module calls by a name, None if nothing; and the digest of the module's source."""
    path = _module_file(folder, module_name, refusal)
    for owned in (path.parent, path):
        require_owned(owned)
    module, digest = _execute(folder, path, module_name, refusal)
    return getattr(module, name, None), digest


def _module_file(folder: Path, module_name: str, refusal: type[ConfigurationError]) -> Path:
    base = folder.joinpath(*module_name.split("."))
    for path in (base.with_name(base.name + ".py"), base / "__init__.py"):
        if path.is_file():
            if not path.resolve().is_relative_to(folder.resolve()):
                raise refusal(
                    f"module {module_name} lies outside the project's folder",
                    hint="keep it below the folder of lockgate.yaml",
                )
            return path
    raise refusal(
        f"the project's folder has no module {module_name}",
        hint=f"write {'/'.join(module_name.split('.'))}.py beside lockgate.yaml",
    )


def _execute(
    folder: Path, path: Path, module_name: str, refusal: type[ConfigurationError]
) -> tuple[object, str]:
    name = f"{PREFIX}.{module_name}"
    loader = SourceOnly(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None:
        raise refusal(f"module {module_name} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _searched_last(folder):
            loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the user's module raises: told by type and line only
        sys.modules.pop(name, None)
        lines = [
            f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)
        ]
        line = (lines[-1] or 0) if lines else getattr(error, "lineno", 0) or 0
        raise refusal(
            f"module {module_name} cannot be imported ({raised_name(error)})",
            where=Position(str(path.relative_to(folder)), line),
            hint="run it with python to see the whole error",
        ) from None
    return module, loader.digest


@contextmanager
def _searched_last(folder: Path) -> Iterator[None]:
    """Search the folder last, read only source in it, and write no bytecode into it.

    No module that an earlier project brought along answers for one of this project.
    """
    for name in _BROUGHT_ALONG:
        sys.modules.pop(name, None)
    _BROUGHT_ALONG.clear()
    before, entry, silent = set(sys.modules), str(folder), sys.dont_write_bytecode
    sys.path.append(entry)
    sys.dont_write_bytecode = True
    try:
        with source_only(folder):
            yield
    finally:
        sys.dont_write_bytecode = silent
        sys.path.remove(entry)
        _BROUGHT_ALONG.update(n for n in set(sys.modules) - before if _lies_in(folder, n))


def _lies_in(folder: Path, name: str) -> bool:
    file = getattr(sys.modules.get(name), "__file__", None)
    if file is None or "site-packages" in file:
        return False
    return Path(file).is_relative_to(folder)
