"""The sections of ``lockgate.yaml`` as strict models: unknown keys are refused."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic_core import PydanticCustomError

from lockgate.errors import ConfigurationError
from lockgate.limits import DEFAULT_LIMITS
from lockgate.pipeline.model import MAX_PARTS
from lockgate.secrets.reference import SecretReference

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Line = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
PathText = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+$")]
PythonName = Annotated[
    str, Field(max_length=400, pattern=r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_]*$")
]
NormaliserName = Literal["exact", "nfc", "text", "email", "digits", "alphanumeric"]
MAX_DAYS = 36_525
Days = Annotated[int, Field(ge=1, le=MAX_DAYS)]
FormatName = Literal["csv", "jsonl", "parquet"]


def _reference(value: object) -> SecretReference:
    if isinstance(value, SecretReference):
        return value
    try:
        return SecretReference.parse(value if isinstance(value, str) else "")
    except ConfigurationError:
        pass
    raise PydanticCustomError("secret_reference", "a reference to a secret")


Reference = Annotated[SecretReference, PlainValidator(_reference)]


class Section(BaseModel):
    """A mapping of the project's file."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class LedgerSection(Section):
    """The ledger's pinned Ed25519 public key, base64."""

    public_key: Annotated[str, Field(min_length=44, max_length=44)]


class KeyScheduleSection(Section):
    """How long encryption keys protect, and how long destroyed ones wait, in days.

    ``backup_days``: how long backups of the state are kept.
    """

    rotate_after_days: Days | None = None
    destroy_after_days: Annotated[Days, Field(ge=DEFAULT_LIMITS.destroy_days_floor)] = 30
    backup_days: Days = 35
    unsafe_destroy_after_days: Annotated[int, Field(ge=0, le=MAX_DAYS)] | None = None


class RootsSection(Section):
    """Folders that may be read and written, relative to the project's file."""

    read: Annotated[list[PathText], Field(min_length=1)] = ["."]
    write: Annotated[list[PathText], Field(min_length=1)] = ["."]


class StateSection(Section):
    """A state database and the reference to its password."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    password: Reference | None = None


class Head(Section):
    """What is not a collection."""

    lockgate: Literal[1]
    project: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    environment: Name = "development"
    ledger: LedgerSection | None = None
    access: Any = None
    keys: Any = None
    state: Any = "sqlite"
    secrets: dict[str, Any] = {}
    roots: RootsSection = RootsSection()


class LabelSection(Section):
    """A label that the project adds to the taxonomy."""

    description: Line
    shred: Literal["subject"] | None = None
    domain: Name = ""
    hipaa: Annotated[str, Field(pattern=r"^[A-R]?$")] = ""


class ShredSection(Section):
    """What a project wants of a label that is there: a key for each person."""

    shred: Literal["subject"]


class DomainSection(Section):
    """A key domain, how it brings text to its canonical form, and how old its key may get."""

    normaliser: NormaliserName
    rotate_after_days: Days | None = None


class ZoneSection(Section):
    """A zone: rules by label or state; ``extends`` a shipped zone."""

    extends: Name = ""
    description: Line = ""
    trusted: bool | None = None
    rules: dict[str, Any] = {}
    influence: dict[str, Any] = {}


Rows = Annotated[int, Field(ge=1, le=10**12)]
PurposeWord = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9 _-]{0,99}$")]


class RevealSection(Section):
    """How much of a label may be turned back, and for which purposes."""

    purposes: Annotated[list[PurposeWord], Field(min_length=1, max_length=100)] | None = None
    max_rows: Rows | None = None
    max_rows_per_day: Rows | None = None


class FileContract(Section):
    """A contract in an ODCS file below the project's folder; ``object`` if it holds several."""

    file: PathText
    object: Annotated[str, Field(max_length=500)] = ""


class PythonContract(Section):
    """A contract that is a Pydantic model in a module of the project's folder."""

    python: PythonName
    id: Name = ""
    version: Line = "1"
    max_rejected: Annotated[float, Field(ge=0, le=1, strict=False)] = 0.05


class SourceSection(Section):
    """Where rows come from."""

    contract: Name
    path: PathText
    format: FormatName
    ignore: list[Line] = []
    delimiter: Literal[",", ";", "\t", "|"] = ","


AgeRecipient = Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]


class SealSection(Section):
    """Who else may open a sealed file: age recipients."""

    recipients: Annotated[list[AgeRecipient], Field(min_length=1, max_length=20)]


class SinkSection(Section):
    """Where released rows go, how many files are written at once, and whether they are sealed."""

    zone: Name
    path: PathText
    format: FormatName
    parts: Annotated[int, Field(ge=1, le=MAX_PARTS)] = 1
    of: Annotated[Name, Field(alias="from")] = ""
    seal: bool | SealSection = False


class AggregateSection(Section):
    """Whose rows a step folds; groups of fewer than ``k`` of them are left out."""

    subject: Line
    k: Annotated[int, Field(ge=2, le=1_000_000)] = 10
    dominance: Annotated[float, Field(gt=0, le=1, strict=False)] = 0.5


class DeclassifySection(Section):
    """Somebody's word on a column of a step."""

    labels: list[Line] | None = None
    derives: list[Line] | None = None
    reason: Line
    approver: Line


class StepSection(Section):
    """A step: ``sql``, a ``file`` of SQL, or ``python``: a function of the project's folder."""

    sql: Annotated[str, Field(min_length=1)] | None = None
    file: PathText | None = None
    python: PythonName | None = None
    inputs: list[Name] = []
    aggregate: AggregateSection | None = None
    declassify: dict[str, DeclassifySection] = {}


class PipelineSection(Section):
    """source -> select -> sinks, or sources -> steps -> sinks.

    Sources, steps and sinks are read one by one, and so is each selection.
    """

    purpose: Line
    source: SourceSection | None = None
    sources: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    steps: Annotated[dict[str, Any], Field(min_length=1)] | None = None
    description: Line = ""
    select: Annotated[list[Any], Field(min_length=1)] | None = None
    sinks: Annotated[dict[str, Any], Field(min_length=1)]


COLLECTIONS = ("labels", "domains", "zones", "reveal", "contracts", "pipelines")
POLICY_KEYS = ("labels", "domains", "zones", "reveal")
