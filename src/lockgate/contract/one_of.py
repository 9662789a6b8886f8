"""A closed list of values for columns whose text form is coerced first (whole numbers)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


@dataclass(frozen=True, slots=True)
class OneOf:
    """``Annotated[int, OneOf((1, 2))]``: after coercion the value is one of these.

    Unlike ``Literal[1, 2]`` this takes the text "1" where text is coerced.
    """

    values: tuple[int, ...]

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self, handler(source))

    def __call__(self, value: int) -> int:
        """The value, or Pydantic's ``literal_error``."""
        if value not in self.values:
            expected = ", ".join(str(item) for item in self.values)
            raise PydanticKnownError("literal_error", {"expected": expected})
        return value
