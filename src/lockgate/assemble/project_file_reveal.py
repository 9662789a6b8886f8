"""reveal of the project's files -> RevealRules."""

from __future__ import annotations

from collections.abc import Sequence

from lockgate.assemble.project_file_model import RevealSection
from lockgate.assemble.project_file_problems import Problems, shown
from lockgate.assemble.yaml_document import Document
from lockgate.errors import LockgateError
from lockgate.labels.taxonomy import Taxonomy
from lockgate.policy.reveal_rules import (
    RevealRule,
    RevealRules,
    check_pattern,
    shipped_reveal_rules,
)


def read_reveal_rules(
    documents: Sequence[Document], taxonomy: Taxonomy, problems: Problems
) -> RevealRules:
    """The shipped rules with what the files say; problems are noted, not raised."""
    own: dict[str, RevealRule] = {}
    for document in documents:
        for text, data in problems.mapping(document, ("reveal",), "reveal").items():
            path = ("reveal", text)
            where = document.locate(path)
            if text in own:
                hint = f"first at {own[text].where}"
                problems.add(f"a reveal rule for {shown(text)} stands twice", where, hint)
                continue
            try:
                pattern = check_pattern(text, taxonomy)
            except LockgateError as error:
                problems.take(error, where)
                continue
            if data == "deny":
                own[text] = RevealRule(pattern, denied=True, where=where)
                continue
            if not isinstance(data, dict):
                hint = "for example {purposes: [support], max_rows: 100, max_rows_per_day: 1000}"
                problems.add("a reveal rule is deny, or a mapping of bounds", where, hint)
                continue
            section = problems.model(RevealSection, data, document, path)
            if section is not None:
                words = None if section.purposes is None else tuple(section.purposes)
                own[text] = RevealRule(
                    pattern, False, words, section.max_rows, section.max_rows_per_day, where
                )
    return shipped_reveal_rules().with_rules(own.values())
