"""Lockgate's native kernel: whole Arrow arrays in, whole Arrow arrays out.

Arguments are any objects of Arrow's PyCapsule interface (pyarrow, Polars and others), without
dictionary or run-end encoding; they are read where they lie. Results are such objects too. The GIL
is released in every loop. Every refusal is a ``Fault``; a name that is none (of a normaliser, say)
is a ``ValueError``.

``lockgate.kernel.native`` is the only caller: it checks parameters and says what went wrong in
Lockgate's own errors.
"""

from collections.abc import Sequence
from typing import Protocol, final

FORMAT: int
"""The version of what the functions below take and give."""

__version__: str

class ArrowArray(Protocol):
    """Anything that hands out an Arrow array."""

    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...

class ArrowSchema(Protocol):
    """Anything that hands out an Arrow schema."""

    def __arrow_c_schema__(self) -> object: ...

class Fault(Exception):
    """What the kernel refused. It holds no value and no key, and neither does its text."""

    code: str
    """``not-encodable``, ``key-length``, ``do-not-open`` …; ``internal`` is a defect."""
    count: int
    """How many values were refused, 0 where that says nothing."""
    number: int
    """A key number, or the bytes a key should have; else 0."""

@final
class Array:
    """A result. It can be taken any number of times, without a copy."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...

@final
class Batch:
    """A result of several columns, of the schema that was named. As an ``Array`` otherwise."""

    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...

Answer = tuple[Array | None, Array | None, list[tuple[str, Array]]]
"""New values, undecided rows, rows by error type."""

def aes() -> str:
    """How AES is computed: ``vaes-512``, ``vaes-256``, ``aes-ni``, ``armv8`` or ``software``."""

def canonical(values: ArrowArray, normaliser: str, deterministic: bool) -> Array:
    """Canonical encoding v1 of each value, as binary."""

def encodable(values: ArrowArray, normaliser: str, deterministic: bool) -> Array | None:
    """Which values have one, as booleans without nulls; None if all have."""

def mask(
    values: ArrowArray,
    first: int,
    last: int,
    only: str,
    fill: str,
    keep_email_domain: bool,
) -> Array:
    """Masked text of each value's exact canonical form, as utf8."""

def tokenize(
    values: ArrowArray,
    normaliser: str,
    key: bytes,
    associated: bytes,
    key_number: int,
    text: bool,
) -> Array:
    """AES-256-SIV frames (64-byte key) of canonical values, as utf8 or binary."""

def encrypt(
    values: ArrowArray,
    key: bytes,
    associated: bytes,
    key_number: int,
    text: bool,
    subjects: tuple[ArrowArray, ArrowArray, bytes] | None = None,
    records: ArrowArray | None = None,
) -> Array:
    """Frames of exact values, as utf8 or binary; fresh nonces.

    XAES-256-GCM (32-byte key). With ``subjects`` AES-256-GCM under keys of theirs: which subject
    each value is about (int32), the subjects' handles (16 bytes each) and their salts (32 bytes
    each, one after another). ``records`` are bound to the values: binary.
    """

def reveal(
    values: ArrowArray,
    keys: Sequence[tuple[int, int, bytes]],
    associated: Sequence[tuple[int, bytes]],
    subjects: tuple[ArrowArray, ArrowArray, bytes] | None = None,
    records: ArrowArray | None = None,
) -> Array:
    """Canonical bytes of frames, as binary; null where a frame's subject is.

    ``keys`` are (algorithm, key number, key), ``associated`` (algorithm, associated data).
    """

def subjects(values: ArrowArray) -> Array:
    """The handle of each frame's subject, as 16 bytes of binary; null where it has none."""

def headers(values: ArrowArray) -> list[tuple[int, int]]:
    """The (algorithm, key number) pairs of a column of frames, in order."""

def hash(values: ArrowArray, normaliser: str, key: bytes, algorithm: str, text: bool) -> Array:
    """Keyed hashes (32-byte key) of canonical values, as hex or binary."""

def ff1(values: ArrowArray, alphabet: str, tweak: bytes, key: bytes, decrypt: bool) -> Array:
    """Each text's numerals through FF1 (SP 800-38G; 32-byte key), as utf8."""

def ff1_fits(values: ArrowArray, alphabet: str) -> Array | None:
    """Which texts FF1 can take, as booleans without nulls; None if all."""

def without_rows(batch: ArrowArray, rows: ArrowArray, schema: ArrowSchema) -> Batch:
    """The record batch without some rows (int64, rising); its schema is handed over once more."""

def decide_columns(rules: Sequence[JudgeRule], batch: ArrowArray) -> list[Answer | None]:
    """The answers of ``JudgeRule.decide`` on the columns of a record batch, by a rule each."""

def with_rows(values: ArrowArray, rows: ArrowArray, new: ArrowArray) -> Array:
    """The text column with as many new values in some rows (int64, rising)."""

def rows_of_nulls(values: ArrowArray) -> Array:
    """The rows of a column that are null, as int64."""

def render_csv(columns: Sequence[ArrowArray], bare: Sequence[bool]) -> Array | None:
    """CSV lines as uint8; None if a date or time is outside of years 1 to 9999, or of a day.

    Text is quoted and its formulas neutralised unless it is ``bare``. Floats, durations and
    nested columns have to come as text.
    """

def render_jsonl(
    keys: Sequence[str], columns: Sequence[ArrowArray], bare: Sequence[bool]
) -> Array | None:
    """JSON lines as uint8, an object a row; ``keys`` are JSON strings. None as above."""

def cut_csv(
    data: bytes, delimiter: int, last: bool
) -> tuple[Array, Array, int, Array | None, bool, bool, bool]:
    """Where rows of CSV begin and end; ``data`` begins where one begins, ``last`` if nothing follows.

    Zero and the places after the line ends of rows; the places where rows end (both int64); the
    bytes that are whole rows; the places after all line ends, if any is in quotes; whether the rest
    is in quotes; whether all is ASCII; whether any byte is NUL.
    """

def measure_csv(data: bytes, delimiter: int, last: bool) -> tuple[int, int, int, int, bool]:
    """What ``cut_csv`` finds, counted: the bytes that are whole rows, the rows, those of them that
    hold no byte, the line ends among them; whether the rest is in quotes.
    """

def split_csv(
    data: bytes,
    end: int,
    delimiter: int,
    width: int,
    wanted: Sequence[int],
    most: int,
    schema: ArrowSchema,
) -> tuple[Batch, Array, Array, Array | None] | None:
    """The ``wanted`` columns of the rows before ``end`` that have ``width`` cells, as utf8.

    Also int64: the numbers of rows of another width, which are in no column; where each row
    begins, and maybe the place after the last; the places after all line ends, if these are not
    where the next row begins. A line without a byte is no row unless ``width`` is one. Null: an
    empty cell without quotes. None if a row has more than ``most`` bytes with its line end (one for
    one that has none), holds NUL or is not UTF-8.
    """

def read_chunks(
    data: bytes,
    chunks: Sequence[tuple[int, int, str, str, int, bool]],
    rows: int,
    bytes: int,
) -> list[Array | None]:
    """Column chunks of Parquet, each of so many ``rows``; None where it has to be read otherwise.

    Each is where its pages start and end, its codec (UNCOMPRESSED, SNAPPY), what is in it (text,
    int32, int64, float64, decimal), the bytes of a decimal, and whether values may be null. Text
    comes as utf8, a decimal as 16 bytes of binary. None unpacks to more than ``bytes``.
    """

@final
class JudgeRule:
    """A column's rule (``lockgate.kernel.judging``): made once, asked by any number of threads.

    ``bounds`` are pairs of ``le``, ``lt``, ``ge`` or ``gt`` and a number.
    """

    @staticmethod
    def text(
        strip: bool,
        least: int,
        most: int | None,
        pattern: str | None,
        readable: bool,
        trusted: bool,
        case: str,
    ) -> JudgeRule:
        """Text, lengths in code points; ``case`` is ``lower``, ``upper`` or empty."""

    @staticmethod
    def email(
        reserved: Sequence[str], folded: Sequence[str], long_locals: bool
    ) -> JudgeRule | None:
        """Addresses; None if the lists are not of a plain form."""

    @staticmethod
    def listed(members: Sequence[str], rejects: bool) -> JudgeRule:
        """Texts of a closed list; others are rejected if ``rejects``, else undecided."""

    @staticmethod
    def uuid(version: int | None) -> JudgeRule:
        """UUIDs of a version, or of any."""

    @staticmethod
    def whole(bounds: Sequence[tuple[str, int]], multiple_of: int | None) -> JudgeRule:
        """Whole numbers."""

    @staticmethod
    def double(bounds: Sequence[tuple[str, float]]) -> JudgeRule:
        """Finite floats."""

    @staticmethod
    def decimal(
        bounds: Sequence[tuple[str, int]], scale: int, whole: int, fraction: int, most: int
    ) -> JudgeRule:
        """Decimals of ``scale`` places; bounds in units of the last.

        With more than ``fraction`` places, but at most ``most`` digits, those are too many.
        """

    @staticmethod
    def truth() -> JudgeRule:
        """Booleans."""

    @staticmethod
    def date(bounds: Sequence[tuple[str, int]], known: tuple[int, int], strict: bool) -> JudgeRule:
        """Dates, in days since 1970; decided between the ``known`` ones."""

    @staticmethod
    def time(bounds: Sequence[tuple[str, int]]) -> JudgeRule:
        """Times of day, in microseconds."""

    @staticmethod
    def moment(
        bounds: Sequence[tuple[str, int]], known: tuple[int, int], zoned: bool, strict: bool
    ) -> JudgeRule:
        """Dates with times, in microseconds since 1970."""

    @staticmethod
    def characters(name: str) -> tuple[str, str] | None:
        """All characters of a class by name, and all others."""

    @property
    def decides_all(self) -> bool:
        """Whether nothing in UTF-8 is left undecided."""

    @property
    def knows_pattern(self) -> bool:
        """Whether its pattern, if it has one, is read natively."""

    @property
    def tables(self) -> list[str] | None:
        """Classes whose Unicode tables decide what its pattern says; None if more does."""

    def decide(self, values: ArrowArray) -> Answer | None:
        """The answer on a column; None if all values are accepted as they are."""

@final
class JudgeBatch:
    """The rules of all columns of a contract: made once, asked by any number of threads."""

    def __new__(
        cls, columns: Sequence[tuple[str, JudgeRule, str | None]], schema: ArrowSchema, most: int
    ) -> JudgeBatch:
        """By column its name, rule, and the error type of a null: None if it stays, "" to ask.

        ``schema`` is of what is accepted. A row has at most ``most`` reasons.
        """

    def judge(
        self, batch: ArrowArray
    ) -> tuple[tuple[Batch, Array, Array, Array, Array] | None, list[Answer | None]]:
        """The verdict on a record batch; or the rules' answers, if rows are left or none is rejected.

        A verdict: accepted rows, rejected ones (int64), where the reasons of each of these start
        (int32), and of every reason the column and the error type.
        """
