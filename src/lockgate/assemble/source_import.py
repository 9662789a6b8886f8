"""Import a project's modules from their source only: what was read is what runs.

Beside a module may lie bytecode that was made of another text. Python takes it for the module's if
its header says so, and a digest of the source would not know of it.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType


class SourceOnly(SourceFileLoader):
    """Compiles the source that it reads, whatever bytecode lies beside it.

    ``digest`` is the SHA-256, hex, of the bytes that were compiled last.
    """

    digest = ""

    def get_code(self, fullname: str) -> CodeType:
        """See importlib.abc.InspectLoader."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        self.digest = hashlib.sha256(source).hexdigest()
        code: CodeType = self.source_to_code(source, path)
        return code


@contextmanager
def source_only(folder: Path) -> Iterator[None]:
    """Within, modules below ``folder`` are imported from their source; installed ones are not.

    The finders stay known for the folder, so that what is imported later comes from source too.
    """
    hook = _hook(folder)
    for entry in [entry for entry in sys.path_importer_cache if _below(entry, folder)]:
        sys.path_importer_cache.pop(entry, None)
    sys.path_hooks.insert(0, hook)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path_hooks.remove(hook)


def _hook(folder: Path) -> Callable[[str], FileFinder]:
    def finder(entry: str) -> FileFinder:
        if not _below(entry, folder):
            raise ImportError
        kinds = (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceOnly, SOURCE_SUFFIXES)
        return FileFinder(entry, *kinds)

    return finder


def _below(entry: str, folder: Path) -> bool:
    """Whether a folder of the search path is the project's own, and holds no installed packages."""
    path = Path(entry)
    if "site-packages" in path.parts or not path.is_dir():
        return False
    return path.resolve().is_relative_to(folder.resolve())
