"""Files as a source of raw batches: what is frozen first is what is read later."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain

from lockgate.adapters.connectors.files.csv_header import DELIMITERS, CsvDialect
from lockgate.adapters.connectors.files.csv_reader import read_csv
from lockgate.adapters.connectors.files.folders import Folder
from lockgate.adapters.connectors.files.jsonl_reader import read_jsonl
from lockgate.adapters.connectors.files.listing import list_inputs
from lockgate.adapters.connectors.files.manifest import formulas_neutralised, read_manifest
from lockgate.adapters.connectors.files.paths import Below, Roots
from lockgate.adapters.connectors.files.pinned_file import PinnedFile, Pins, pin
from lockgate.adapters.connectors.files.raw_stream import HashedFile, Unpacked, changed
from lockgate.contract.batches import RawBatch
from lockgate.errors import ConfigurationError, SourceError
from lockgate.kernel.splitting import splitting
from lockgate.limits import DEFAULT_LIMITS, Limits
from lockgate.pipeline.model import FileFormat
from lockgate.run.digests import UNKEPT
from lockgate.run.ports import InputFile, Piece


@dataclass(frozen=True, slots=True)
class _Frozen:
    place: Below
    pins: Pins
    dialect: CsvDialect

    @property
    def file(self) -> InputFile:
        return InputFile(self.place.shown, self.pins.size, self.pins.digest)


class FileSource:
    """A file, a folder or a glob of one format, read against a contract's column names.

    Implements ``run.ports.Source``. ``freeze`` must come before ``pieces``; the
    digest key is kept for the check that the same bytes are read again.

    ``seen`` is what an earlier source froze under ``UNKEPT``: freezing raises SourceError unless
    the files are still those, byte for byte.
    """

    def __init__(
        self,
        path: str,
        format: FileFormat,
        expected: Sequence[str],
        roots: Roots,
        ignore: Sequence[str] = (),
        limits: Limits = DEFAULT_LIMITS,
        delimiter: str = ",",
        seen: Sequence[InputFile] | None = None,
    ) -> None:
        if delimiter not in DELIMITERS:
            raise ConfigurationError(
                "the delimiter is none of comma, semicolon, tab and bar", hint="leave it out"
            )
        self._path = path
        self._format = format
        self._expected = tuple(expected)
        self._roots = roots
        self._ignore = tuple(ignore)
        self._limits = limits
        self._delimiter = delimiter
        self._seen = seen
        self._key = UNKEPT
        self._frozen: tuple[_Frozen, ...] | None = None

    def __repr__(self) -> str:
        return f"FileSource({self._path!r}, {self._format.value})"

    def freeze(self, digest_key: bytes) -> Sequence[InputFile]:
        """Fix the input files, in order, with size and keyed digest of their raw bytes."""
        places = list_inputs(self._roots, self._path, self._format, self._limits)
        self._key = digest_key
        self._frozen = tuple(self._freeze_one(place) for place in places)
        if self._seen is not None:
            self._refuse_unseen(self._seen, self._frozen)
        return tuple(each.file for each in self._frozen)

    def _refuse_unseen(self, seen: Sequence[InputFile], frozen: Sequence[_Frozen]) -> None:
        if [(file.size, file.digest) for file in seen] != [
            (each.pins.size, each.pins.looked) for each in frozen
        ]:
            raise changed(self._path)

    def _freeze_one(self, place: Below) -> _Frozen:
        fd, folder = self._roots.open_input(place)
        try:
            with folder:
                pieces = self._format is FileFormat.PARQUET
                looked = self._seen is not None
                pins = pin(fd, place.shown, self._key, pieces=pieces, looked=looked)
                return _Frozen(place, pins, self._dialect_of(folder, place.names[-1], pins))
        finally:
            os.close(fd)

    def _dialect_of(self, folder: Folder, name: str, frozen: Pins) -> CsvDialect:
        if self._format is not FileFormat.CSV:
            return CsvDialect(self._delimiter)
        manifest = read_manifest(folder, self._limits.config_bytes)
        neutralised = formulas_neutralised(manifest, name, frozen.size, frozen.digest)
        return CsvDialect(self._delimiter, neutralised)

    def batches(self) -> Iterator[RawBatch]:
        """The pieces' raw batches. Raises what ``pieces`` and they raise."""
        return chain.from_iterable(piece.batches() for piece in self.pieces())

    def pieces(self) -> Iterator[Piece]:
        """Pieces, file by file. Raises SourceError, if the bytes changed too.

        A change is certain to be seen by the time the iterator ends: nothing may
        be published before.
        """
        if self._frozen is None:
            raise SourceError("the inputs were not frozen before reading")
        for each in self._frozen:
            yield from self._read(each)

    def _read(self, each: _Frozen) -> Iterator[Piece]:
        place = each.place
        fd, folder = self._roots.open_input(place)
        folder.close()
        if self._format is FileFormat.PARQUET:
            from lockgate.adapters.connectors.files.parquet_reader import read_parquet

            with closing(PinnedFile(fd, place.shown, self._key, each.pins)) as pinned:
                yield from read_parquet(pinned, self._expected, self._ignore, self._limits)
                pinned.verify_rest()
            return
        with closing(HashedFile(fd, place.shown, self._key)) as file:
            stream = Unpacked(file, self._limits)
            if self._format is FileFormat.CSV:
                yield from read_csv(
                    stream,
                    place.shown,
                    self._expected,
                    self._ignore,
                    each.dialect,
                    self._limits,
                    splitting(),
                )
            else:
                yield from read_jsonl(stream, place.shown, self._limits)
            file.drain()
            file.verify(each.file)
