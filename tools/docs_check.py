"""The reference says what the code is, and every relative link leads somewhere.

Reads the code, not a list: commands and options from the CLI itself, public names from
`lockgate.__all__`, codes from the error tree, exit codes and limits from their one place.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import click

from tree import ROOT, files, text

REFERENCE = Path("docs/reference")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(
    r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.M
)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def anchors(markdown: str) -> set[str]:
    """The names a page's headings can be linked by, as code hosts make them."""
    result: set[str] = set()
    for heading in HEADING.findall(FENCE.sub("", markdown)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        unique, count = slug, 0
        while unique in result:
            count += 1
            unique = f"{slug}-{count}"
        result.add(unique)
    return result


def has_heading(page: Path, anchor: str) -> bool:
    """Whether an anchor, if one is given and the file is a page, is one of its headings."""
    if not anchor or page.suffix != ".md":
        return True
    return anchor in anchors(page.read_text(encoding="utf-8"))


def links() -> Iterator[str]:
    """Every relative link, and its anchor, resolves inside the repository."""
    for page in files(".md"):
        markdown = text(page)
        prose = FENCE.sub(lambda match: "\n" * match.group().count("\n"), markdown)
        for match in LINK.finditer(prose):
            target = unquote(match.group(1) or match.group(2))
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            line = prose.count("\n", 0, match.start()) + 1
            path, _, anchor = target.partition("#")
            destination = (ROOT / page.parent / path).resolve() if path else ROOT / page
            if not destination.is_relative_to(ROOT) or not destination.exists():
                yield f"{page}:{line}: link to `{target}`, which is not there"
            elif not has_heading(destination, anchor):
                yield f"{page}:{line}: link to `{target}`, which has no such heading"


def commands(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    """Every visible command below this one with the words that call it."""
    if command.hidden:
        return
    yield " ".join(words), command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=words[-1])
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from commands(child, (*words, name))


def cli_words() -> Iterator[str]:
    """What docs/reference/cli.md must name: each command, and each of its long options."""
    from lockgate.cli import main as face

    for root in (value for value in vars(face).values() if isinstance(value, click.Group)):
        for words, command in commands(root, ("lockgate",)):
            yield words
            for parameter in command.params:
                if isinstance(parameter, click.Option) and not parameter.hidden:
                    yield from (option for option in parameter.opts if option.startswith("--"))


def public_names() -> Iterator[str]:
    """What docs/reference/api.md must name."""
    import lockgate

    yield from vars(lockgate)["__all__"]


def error_codes() -> Iterator[str]:
    """What docs/reference/errors.md must name: codes and classes."""
    from lockgate import errors

    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.LockgateError):
            yield value.code
            yield value.__name__


def exit_codes() -> Iterator[str]:
    """What docs/reference/exit-codes.md must name."""
    from lockgate.errors import ExitCode

    yield from (f"| {member.value} | {member.name} |" for member in ExitCode)


def limits() -> Iterator[str]:
    """What docs/reference/limits.md must name: each limit and its value."""
    from lockgate.limits import DEFAULT_LIMITS

    for field in dataclasses.fields(DEFAULT_LIMITS):
        yield f"| `{field.name}` | {getattr(DEFAULT_LIMITS, field.name):,} |"


PAGES = {
    "api.md": public_names,
    "cli.md": cli_words,
    "errors.md": error_codes,
    "exit-codes.md": exit_codes,
    "limits.md": limits,
}


def said(word: str, page: str) -> bool:
    """Whether a page has these words, not as part of longer ones."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", page) is not None


def reference() -> Iterator[str]:
    """Each page names everything that the code has."""
    for name, source in PAGES.items():
        page = ROOT / REFERENCE / name
        try:
            words = sorted(set(source()))
        except (ImportError, AttributeError, KeyError) as error:
            yield f"{REFERENCE / name}: cannot be compared, the code does not import: {error}"
            continue
        if not page.is_file():
            yield f"{REFERENCE / name}: missing, {len(words)} names to explain"
            continue
        prose = page.read_text(encoding="utf-8")
        yield from (
            f"{REFERENCE / name}: does not have `{word}`" for word in words if not said(word, prose)
        )


def decisions() -> Iterator[str]:
    """Each record is in the index under the title it has."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    for record in sorted(folder.glob("[0-9]*.md")):
        number, _, title = record.read_text(encoding="utf-8").partition("\n")[0].partition(". ")
        if f"| [{number.removeprefix('# ')}]({record.name}) | {title} |" not in index:
            yield f"docs/decisions/README.md: does not list {record.name} as `{title}`"


def main() -> int:
    """Print everything that does not match; 1 if there is something."""
    wrong = [*links(), *reference(), *decisions()]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
