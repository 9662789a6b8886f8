"""What each rule of the check says, in one sentence (docs/reference/check.md)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from lockgate.flow.findings import FindingRule

_OF = FindingRule
SAYS: Mapping[FindingRule, str] = MappingProxyType(
    {
        _OF.UNLABELLED_COLUMN: "Nobody said how sensitive the column is.",
        _OF.UNKNOWN_LABEL: "A contract carries a label that the taxonomy does not have.",
        _OF.ZONE_DENIES_LABEL: "The zone has no rule for the label, or denies it.",
        _OF.RULES_CLASH: "Two labels of one column want different treatments.",
        _OF.INFLUENCE_DENIED: "A column that decides what appears is not allowed to.",
        _OF.TREATMENT_TYPE: "The treatment does not take the column's type.",
        _OF.MISSING_DOMAIN: "The treatment needs a key, and the label has no key domain.",
        _OF.UNKNOWN_DOMAIN: "The column names a key domain that does not exist.",
        _OF.AMBIGUOUS_DOMAIN: "The column's labels have different key domains.",
        _OF.UNKNOWN_ZONE: "There is no such zone.",
        _OF.UNKNOWN_COLUMN: "A column is named that is not there.",
        _OF.IGNORED_COLUMN: "A source ignores a column that is required or selected.",
        _OF.DUPLICATE_OUTPUT: "Two outputs of a sink have one name.",
        _OF.DUPLICATE_SINK: "Two sinks have one name.",
        _OF.SHARED_PATH: "Folders lie in each other, or where keys and state are kept.",
        _OF.NOTHING_RELEASED: "Nothing would be released.",
        _OF.FREQUENCY: "Equal values stay equal, and so few that counting tells them apart.",
        _OF.STEP_REFUSED: "The step's SQL is not accepted: no lineage is known for it.",
        _OF.STEP_TYPES: "The step does not run over its inputs' columns.",
        _OF.STEP_CYCLE: "Steps read each other in a circle.",
        _OF.DUPLICATE_NAME: "Two things have one name that must not.",
        _OF.UNKNOWN_INPUT: "A step or sink reads what is not there.",
        _OF.UNREAD_STEP: "No step and no sink reads it.",
        _OF.AGGREGATION: "The step is not an aggregation that can be bound to many subjects.",
        _OF.DECLASSIFIED: "Somebody's word stands for the proof.",
        _OF.DECIDED: "What the zone does not show decides what appears in columns it shows clear.",
        _OF.SHRED_SUBJECT: "A label wants a key a person, and nobody knows whose value it is.",
        _OF.SHRED_REVERSIBLE: "A label that is destroyed person by person could be turned back.",
        _OF.RECORD_KEY: "Values are bound to their record, and its key is not beside them.",
        _OF.RECORD_ELSEWHERE: "Values that one sink binds to their record are unbound in another.",
        _OF.PROBE_REFUTES: "An experiment shows an output to depend on an undeclared column.",
        _OF.LITERAL_SECRET: "A secret stands in a file of the project.",
        _OF.UNKNOWN_SECRET_STORE: "A reference to a secret names a store that there is not.",
        _OF.ACCESS_POLICY: "An access policy cannot be used; until it can, nothing is permitted.",
        _OF.ACCESS_NAME: "An access policy names what there is not.",
        _OF.ACCESS_EVERYBODY: "An access policy permits whoever comes, or one principal by name.",
        _OF.ACCESS_NEVER: "An access policy can never apply.",
        _OF.ACCESS_ROLE: "A role extends, or is, what it cannot.",
        _OF.ACCESS_TOXIC: "A role holds two that nobody may hold together.",
        _OF.PROBE_SILENT: "No experiment with the step gave an answer.",
    }
)
