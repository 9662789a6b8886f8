"""What the static check has to say: rule, place, and the shortest fix."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from lockgate.errors import Position, Problem
from lockgate.flow.paths import PathStep


class Severity(StrEnum):
    """An error refuses the plan; a warning is shown with it."""

    ERROR = "error"
    WARNING = "warning"


class FindingRule(StrEnum):
    """Rules of the check (docs/reference/check.md)."""

    UNKNOWN_ZONE = "unknown-zone"
    UNKNOWN_COLUMN = "unknown-column"
    UNKNOWN_LABEL = "unknown-label"
    UNKNOWN_DOMAIN = "unknown-domain"
    MISSING_DOMAIN = "missing-domain"
    AMBIGUOUS_DOMAIN = "ambiguous-domain"
    UNLABELLED_COLUMN = "unlabelled-column"
    ZONE_DENIES_LABEL = "zone-denies-label"
    RULES_CLASH = "rules-clash"
    INFLUENCE_DENIED = "influence-denied"
    TREATMENT_TYPE = "treatment-type"
    IGNORED_COLUMN = "ignored-column"
    DUPLICATE_OUTPUT = "duplicate-output"
    DUPLICATE_SINK = "duplicate-sink"
    SHARED_PATH = "shared-path"
    NOTHING_RELEASED = "nothing-released"
    FREQUENCY = "frequency"
    STEP_REFUSED = "step-refused"
    STEP_TYPES = "step-types"
    STEP_CYCLE = "step-cycle"
    DUPLICATE_NAME = "duplicate-name"
    UNKNOWN_INPUT = "unknown-input"
    UNREAD_STEP = "unread-step"
    AGGREGATION = "aggregation"
    DECLASSIFIED = "declassified"
    DECIDED = "decided"
    SHRED_SUBJECT = "shred-subject"
    SHRED_REVERSIBLE = "shred-reversible"
    RECORD_KEY = "record-key"
    RECORD_ELSEWHERE = "record-elsewhere"
    PROBE_REFUTES = "probe-refutes"
    PROBE_SILENT = "probe-silent"
    LITERAL_SECRET = "literal-secret"  # noqa: S105 - a rule's name
    UNKNOWN_SECRET_STORE = "unknown-secret-store"  # noqa: S105
    ACCESS_POLICY = "access-policy"
    ACCESS_NAME = "access-name"
    ACCESS_EVERYBODY = "access-everybody"
    ACCESS_NEVER = "access-never"
    ACCESS_ROLE = "access-role"
    ACCESS_TOXIC = "access-toxic"

    @property
    def severity(self) -> Severity:
        """Whether a finding of this rule refuses the plan."""
        return Severity.WARNING if self in _WARNINGS else Severity.ERROR


_WARNINGS = frozenset(
    {
        FindingRule.FREQUENCY,
        FindingRule.UNREAD_STEP,
        FindingRule.DECLASSIFIED,
        FindingRule.DECIDED,
        FindingRule.RECORD_ELSEWHERE,
        FindingRule.PROBE_SILENT,
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of the check. ``fix`` is text to paste or a command to run.

    ``path`` is the way that the label took, where steps lie between source and sink.
    """

    rule: FindingRule
    pipeline: str
    message: str
    sink: str = ""
    column: str = ""
    label: str = ""
    zone: str = ""
    fix: str = ""
    where: Position | None = None
    step: str = ""
    path: tuple[PathStep, ...] = ()
    severity: Severity = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "severity", self.rule.severity)

    @property
    def problem(self) -> Problem:
        """The finding as a problem of PlanRefused."""
        place = ", ".join(
            f"{word} {name}"
            for word, name in (
                ("pipeline", self.pipeline),
                ("step", self.step),
                ("sink", self.sink),
                ("column", self.column),
            )
            if name
        )
        message = f"{place}: {self.message}" if place else self.message
        return Problem(self.rule.value, message, self.where, self.fix)
