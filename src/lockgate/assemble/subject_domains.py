"""The key domains under which a person may have a key: the contracts' own, and the state's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lockgate.assemble.project_file import Project
from lockgate.errors import UsageError
from lockgate.flow.subject_keys import subject_domains
from lockgate.keys.names import is_reserved
from lockgate.keys.ports import KeyState, KeyUse
from lockgate.run.context import RunContext


@dataclass(frozen=True, slots=True)
class Search:
    """Where one person's key is looked for.

    ``main``: the domain that was named, or the contracts' only one; "" if no contract has one.
    ``besides``: domains that no contract gives its subjects (any more), whose salts may be of an
    earlier contract. ``shut``: those of them whose index key is destroyed, so that nobody is found.
    """

    main: str
    besides: tuple[str, ...]
    shut: tuple[str, ...]
    narrow: bool

    @property
    def domains(self) -> tuple[str, ...]:
        """Where a key is destroyed: in the domain that was named, or wherever it is found."""
        main = (self.main,) if self.main else ()
        return main if self.narrow else (*main, *self.besides)

    @property
    def left(self) -> tuple[str, ...]:
        """Where a key is looked for and left, because another domain was named."""
        return self.besides if self.narrow else ()

    def only(self, domain: str) -> Search:
        """In that domain alone: a number of one kind of people may be another's of another kind."""
        others = tuple(name for name in (self.main, *self.besides) if name not in ("", domain))
        return Search(domain, others, self.shut, narrow=True)


def contract_domains(project: Project) -> tuple[str, ...]:
    """The key domains that the contracts' subject columns belong to, by name."""
    columns = [c.subject for c in project.contracts.values() if c.subject is not None]
    known = {subject_domains(column, project.policy) for column in columns}
    return tuple(sorted(domains[0] for domains in known if len(domains) == 1))


def search(project: Project, context: RunContext, named: str | None) -> Search:
    """Where to look. A contract that was changed does not hide what stands in the state.

    Raises UsageError for a domain that there is not, and if the contracts leave several to choose.
    """
    known = contract_domains(project)
    live, _ = context.state.salts.count()
    others = _others(context, known) if live else ()
    listed = ", ".join(known) or "none"
    if named is None and len(known) > 1:
        raise UsageError("whose identifier is it?", hint=f"--domain, one of {listed}")
    if named is None and not known and not others:
        raise UsageError("whose identifier is it?", hint="lockgate.subject: true at a column")
    if named is not None and named not in (*known, *others):
        raise UsageError("no contract's subjects have that key domain", hint=f"known: {listed}")
    main = named if named is not None else "".join(known)
    shut = tuple(name for name in others if name != main and not _opens(context, name))
    besides = tuple(name for name in others if name != main and name not in shut)
    return Search(main, besides, shut, narrow=named is not None)


def _others(context: RunContext, known: Sequence[str]) -> tuple[str, ...]:
    names = (domain.name for domain in context.keys.domains())
    return tuple(name for name in names if not is_reserved(name) and name not in known)


def _opens(context: RunContext, domain: str) -> bool:
    """Whether the domain's index key is there. That a key service is out is no answer to that."""
    versions = context.keys.versions(domain)
    return any(v.use is KeyUse.INDEX and v.state is KeyState.PRIMARY for v in versions)
