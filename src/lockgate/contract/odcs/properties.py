"""ODCS properties compile to field specifications, all problems in one pass."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lockgate.contract.markers import COLUMN_ID, Labelled
from lockgate.contract.odcs import keys
from lockgate.contract.odcs.formats import (
    BINARY,
    BOUNDS,
    DATE_FORMATS,
    DECIMAL,
    FORMATS,
    PARSE,
    WIDTHS,
)
from lockgate.contract.odcs.pattern import PatternRefused, to_rust
from lockgate.contract.odcs.property_spec import PropertySpec, attribute_name
from lockgate.contract.odcs.reader import Path, Reader
from lockgate.errors import LabelError


class PropertyReader:
    """Reads one property of a schema object."""

    def __init__(self, reader: Reader, node: Mapping[str, Any], path: Path, index: int) -> None:
        self._reader = reader
        self._node = node
        self._path = path
        self._index = index
        self._custom = reader.custom(node, path, keys.PROPERTY_CUSTOM)

    def read(self, values: tuple[Any, Path] | None) -> PropertySpec | None:
        """The specification; None if a problem makes one impossible.

        ``values`` is a closed list that stands outside ``enum`` (quality ``validValues``).
        """
        reader, node, path = self._reader, self._node, self._path
        before = len(reader.problems)
        reader.keys(node, keys.PROPERTY, path)
        name = reader.text(node, "name", path)
        kind = reader.get(node, "logicalType", str, "", path)
        if kind in keys.NESTED:
            reader.problem(
                (*path, "logicalType"), f"{kind} columns are not supported", "flatten the column"
            )
            return None
        if kind not in keys.OPTIONS:
            known = ", ".join(keys.OPTIONS)
            reader.problem((*path, "logicalType"), "is not a logical type", f"one of {known}")
            return None
        options = reader.mapping(
            node.get("logicalTypeOptions") or {}, (*path, "logicalTypeOptions")
        )
        reader.keys(options, keys.OPTIONS[kind], (*path, "logicalTypeOptions"))
        base, constraints = self._type(kind, options)
        primary = reader.get(node, "primaryKey", bool, False, path)
        allowed = self._values(base, constraints, values)
        marker = self._marker(name)
        required = reader.get(node, "required", bool, False, path) or primary
        unique = reader.get(node, "unique", bool, False, path)
        description = reader.get(node, "description", str, "", path)
        if len(reader.problems) > before or marker is None:
            return None
        return PropertySpec(
            name=name,
            attribute=attribute_name(name, self._index),
            base=base,
            marker=marker,
            required=required,
            constraints=tuple(constraints.items()),
            values=allowed,
            primary_key=primary,
            unique=unique,
            description=description,
        )

    def _type(self, kind: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        path = (*self._path, "logicalTypeOptions")
        if kind == "string":
            return self._string(options, path)
        if kind == "integer":
            return "int", self._integer(options, path)
        if kind == "number":
            return self._number(options, path)
        if kind == "boolean":
            return "bool", {}
        return self._temporal(kind, options, path)

    def _string(self, options: Mapping[str, Any], path: Path) -> tuple[str, dict[str, Any]]:
        reader = self._reader
        format_ = reader.get(options, "format", str, "", path)
        base = FORMATS.get(format_, "str")
        if format_ not in FORMATS:
            known = ", ".join(name for name in FORMATS if name)
            reader.problem((*path, "format"), "is not a supported format", f"one of {known}")
        if BINARY.match(reader.get(self._node, "physicalType", str, "", self._path)):
            base = "bytes"
        found: dict[str, Any] = {}
        for key, name in (("minLength", "min_length"), ("maxLength", "max_length")):
            if options.get(key) is not None:
                found[name] = reader.get(options, key, int, 0, path)
                if found[name] < 0:
                    reader.problem((*path, key), "must not be negative")
        if options.get("pattern") is not None:
            found["pattern"] = self._pattern(reader.get(options, "pattern", str, "", path), path)
        allowed = {"str": set(found), "bytes": {"min_length", "max_length"}}
        allowed["EmailStr"] = {"max_length", "min_length"}
        if set(found) - allowed.get(base, set()):
            reader.problem(path, f"lengths or a pattern do not go with {format_ or base}")
        if found.get("max_length", 0) < found.get("min_length", 0) and "max_length" in found:
            reader.problem(path, "maxLength is less than minLength")
        return base, found

    def _pattern(self, pattern: str, path: Path) -> str:
        try:
            return to_rust(pattern)
        except PatternRefused as error:
            self._reader.problem((*path, "pattern"), error.message, error.hint)
            return ""

    def _integer(self, options: Mapping[str, Any], path: Path) -> dict[str, Any]:
        reader = self._reader
        found = self._numbers(options, path, whole=True)
        width = reader.get(options, "format", str, "i64", path)
        if width not in WIDTHS:
            hint = f"one of {', '.join(WIDTHS)}; for more digits use a decimal number"
            reader.problem((*path, "format"), "is not a supported width", hint)
        elif width != "i64":
            low, high = WIDTHS[width]
            found["ge"] = max(low, found.get("ge", low))
            found["le"] = min(high, found.get("le", high))
        return found

    def _number(self, options: Mapping[str, Any], path: Path) -> tuple[str, dict[str, Any]]:
        reader = self._reader
        found = self._numbers(options, path, whole=False)
        if reader.get(options, "format", str, "f64", path) not in ("f32", "f64"):
            reader.problem((*path, "format"), "is not f32 or f64")
        digits, places = self._precision()
        if digits is None:
            return "float", {**found, "allow_inf_nan": False}
        if not 1 <= digits <= 38 or not 0 <= (places or 0) <= digits:
            reader.problem(self._path, "a decimal has 1 to 38 digits, places among them")
        decimals = {key: Decimal(str(value)) for key, value in found.items()}
        return "Decimal", {**decimals, "max_digits": digits, "decimal_places": places or 0}

    def _precision(self) -> tuple[int | None, int | None]:
        match = DECIMAL.match(
            self._reader.get(self._node, "physicalType", str, "", self._path).strip()
        )
        digits = int(match[1]) if match else None
        places = int(match[2]) if match and match[2] else None
        for name in ("lockgate.precision", "lockgate.scale"):
            if name in self._custom:
                value, path = self._custom[name]
                if isinstance(value, bool) or not isinstance(value, int):
                    self._reader.problem(path, "must be a whole number")
                elif name == "lockgate.precision":
                    digits = value
                else:
                    places = value
        if digits is None and places is not None:
            self._reader.problem(self._path, "lockgate.scale needs lockgate.precision")
        return digits, places

    def _numbers(self, options: Mapping[str, Any], path: Path, *, whole: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, name in (*BOUNDS, ("multipleOf", "multiple_of")):
            value = options.get(key)
            if value is None:
                continue
            number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
            if not number or (whole and value != int(value)):
                self._reader.problem((*path, key), f"must be a {'whole ' * whole}number")
            elif key == "multipleOf" and value <= 0:
                self._reader.problem((*path, key), "must be greater than 0")
            else:
                found[name] = int(value) if whole else value
        return found

    def _temporal(
        self, kind: str, options: Mapping[str, Any], path: Path
    ) -> tuple[str, dict[str, Any]]:
        reader = self._reader
        format_ = reader.get(options, "format", str, "", path)
        if format_ and format_ not in DATE_FORMATS[kind]:
            hint = f"one of {'; '.join(DATE_FORMATS[kind])}"
            reader.problem((*path, "format"), "is not a supported format", hint)
        aware = reader.get(options, "timezone", bool, False, path)
        if reader.get(options, "defaultTimezone", str, "UTC", path) not in ("UTC", "Etc/UTC"):
            reader.problem((*path, "defaultTimezone"), "only UTC is supported")
        if aware and kind == "time":
            reader.problem((*path, "timezone"), "a time of day holds no zone", "use a timestamp")
        found: dict[str, Any] = {}
        for key, name in BOUNDS:
            if options.get(key) is not None:
                text = reader.get(options, key, str, "", path)
                found[name] = self._moment(kind, text, (*path, key), aware=aware)
        base = {"timestamp": "AwareDatetime" if aware else "NaiveDatetime"}.get(kind, kind)
        return base, found

    def _moment(self, kind: str, text: str, path: Path, *, aware: bool) -> Any:
        try:
            value = PARSE[kind](text)
        except ValueError:
            self._reader.problem(path, f"is not a {kind} in ISO 8601")
            return None
        if kind == "timestamp" and (value.tzinfo is not None) is not aware:
            self._reader.problem(path, f"must be {'with' if aware else 'without'} a zone")
        return value

    def _values(
        self, base: str, constraints: Mapping[str, Any], outside: tuple[Any, Path] | None
    ) -> tuple[Any, ...]:
        """The closed list of values, from the one place where it stands."""
        reader = self._reader
        lists: list[tuple[list[Any], Path]] = []
        if entries := reader.items(self._node, "enum", self._path):
            lists.append(([self._enum_value(*entry) for entry in entries], (*self._path, "enum")))
        lists += [
            (found[0] if isinstance(found[0], list) else [None], found[1])
            for found in (self._custom.get("lockgate.enum"), outside)
            if found is not None
        ]
        if not lists:
            return ()
        values, path = lists[0]
        if len(lists) > 1:
            reader.problem(path, "allowed values stand in several places", "keep one")
        kind = {"str": str, "int": int}.get(base)
        if kind is None:
            reader.problem(path, "allowed values go with strings and integers only")
        elif not values or any(type(value) is not kind for value in values):
            reader.problem(path, f"must be a list of {'texts' if kind is str else 'integers'}")
        elif len(set(values)) != len(values):
            reader.problem(path, "an allowed value stands twice")
        if constraints:
            reader.problem(path, "allowed values do not go with other limits", "drop the limits")
        return tuple(values)

    def _enum_value(self, entry: Any, path: Path) -> Any:
        node = self._reader.mapping(entry, path)
        self._reader.keys(node, keys.ENUM_VALUE, path)
        return node.get("value")

    def _marker(self, name: str) -> Labelled | None:
        """Label, subject, domain and id out of the custom properties."""
        reader, custom = self._reader, self._custom
        texts, where = self._labels("lockgate.label", "unclassified")
        influence, other = self._labels("lockgate.influence", "public")
        if texts is None or influence is None:
            return None
        subject, place = custom.get("lockgate.subject", (False, self._path))
        if not isinstance(subject, bool):
            reader.problem(place, "must be true or false")
        id_, place = custom.get("lockgate.id", (self._node.get("id") or name, (*self._path, "id")))
        if not isinstance(id_, str) or not COLUMN_ID.fullmatch(id_):
            hint = 'letters, digits, "_", "." and "-"; set lockgate.id'
            reader.problem(place, "is no usable column id", hint)
        domain, place = custom.get("lockgate.domain", ("", self._path))
        if not isinstance(domain, str):
            reader.problem(place, "must be text")
        for labels, place in ((influence, other), (texts, where)):
            try:
                Labelled(*labels)
            except LabelError as error:
                reader.problem(place, error.message, "for example pii.email, or public")
                return None
        subject, domain, id_ = bool(subject), str(domain), str(id_)
        return Labelled(*texts, subject=subject, domain=domain, id=id_, influence=influence)

    def _labels(self, key: str, default: str) -> tuple[list[str] | None, Path]:
        """The labels under a custom property, None and a problem if it holds something else."""
        labels, where = self._custom.get(key, (default, self._path))
        texts = [labels] if isinstance(labels, str) else labels
        if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
            return texts, where
        self._reader.problem(where, "must be a label or a list of labels")
        return None, where
