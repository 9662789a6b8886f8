"""Our side with every module there that a run imports on its way: so are everybody's."""

from __future__ import annotations

import importlib
from contextlib import suppress

from bench.end_to_end.ours import run
from lockgate.cli.face import own_arrow

__all__ = ["run"]

own_arrow()  # as the command does, before anything asks Arrow to convert a list

for _name in (
    "blake3",
    "email_validator",
    "numpy.random",
    "rich.console",
    "pyarrow.csv",
    "pyarrow.json",
    "pyarrow.parquet",
    "lockgate.assemble.workspace",
    "lockgate.assemble.pipelines",
    "lockgate.assemble.revealing",
    "lockgate.adapters.connectors.files.parquet_writer",
    "lockgate.cli.commands.run",
    "lockgate.cli.live",
    "lockgate.cli.logging",
    "lockgate.cli.main",
    "lockgate.cli.results",
    "lockgate.cli.screen",
    "lockgate.contract.judge.native_rules",
    "lockgate.kernel.native",
    "lockgate.kernel.portable",
    "lockgate.labels.vocabulary",
    "lockgate.policy.choose",
):
    with suppress(ImportError):  # no native kernel here: that is said elsewhere
        importlib.import_module(_name)
