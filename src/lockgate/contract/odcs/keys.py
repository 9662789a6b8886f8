"""Keys and words of the Open Data Contract Standard v3.0 to v3.2 that a contract may hold."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


API_VERSIONS: Final = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")

CONTRACT: Final = _words(
    "version kind apiVersion id name tenant tags status servers dataProduct description domain "
    "context schema support price team roles slaDefaultElement slaProperties "
    "authoritativeDefinitions customProperties contractCreatedTs"
)
_ELEMENT: Final = _words(
    "id name physicalType description businessName deprecated synonyms authoritativeDefinitions "
    "tags customProperties"
)
OBJECT: Final = _ELEMENT | _words(
    "logicalType physicalName dataGranularityDescription properties relationships quality context"
)
PROPERTY: Final = _ELEMENT | _words(
    "primaryKey primaryKeyPosition logicalType logicalTypeOptions physicalName required unique "
    "semanticType partitioned partitionKeyPosition classification encryptedName "
    "transformSourceObjects transformLogic transformDescription examples enum "
    "criticalDataElement relationships quality properties items map"
)
ENUM_VALUE: Final = _words(
    "value label id description customProperties authoritativeDefinitions tags"
)
OPERATORS: Final = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)
QUALITY: Final = _words(
    "id authoritativeDefinitions businessImpact customProperties description dimension method "
    "name schedule scheduler severity tags type unit metric rule arguments query engine "
    "implementation"
) | frozenset(OPERATORS)

_BOUNDS: Final = _words("minimum maximum exclusiveMinimum exclusiveMaximum")
OPTIONS: Final = {
    "string": _words("minLength maxLength pattern format"),
    "integer": _BOUNDS | _words("multipleOf format"),
    "number": _BOUNDS | _words("multipleOf format"),
    "date": _BOUNDS | _words("format"),
    "timestamp": _BOUNDS | _words("format timezone defaultTimezone"),
    "time": _BOUNDS | _words("format timezone defaultTimezone"),
    "boolean": _words(""),
}
NESTED: Final = _words("object array map vector")

CONTRACT_CUSTOM: Final = _words(
    "lockgate.max_rejected lockgate.sealed lockgate.seal_domain lockgate.seal_key_number"
)
OBJECT_CUSTOM: Final = _words("lockgate.id")
PROPERTY_CUSTOM: Final = _words(
    "lockgate.label lockgate.subject lockgate.domain lockgate.id lockgate.enum "
    "lockgate.precision lockgate.scale lockgate.key_number lockgate.treatment "
    "lockgate.source_contract lockgate.alphabet lockgate.influence lockgate.shred lockgate.record"
)
