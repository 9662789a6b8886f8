"""Past the releases of keys, for tests that set up or look behind: the keyring itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lockgate.assemble.workspace import Workspace
from lockgate.keys.keyring import Keyring
from lockgate.keys.release import KeyRelease, release
from lockgate.keys.released import ReleasedKeys
from lockgate.run.context import RunContext


class _Anything(ReleasedKeys):
    """Whatever is asked for is covered."""

    def _in_force(self, domain: str) -> KeyRelease:
        del domain
        return _EVERYTHING


class _Everything:
    life = whole = True

    def covers(self, *_: object) -> bool:
        return True

    def touches(self, _: str) -> bool:
        return True


_EVERYTHING: KeyRelease = _Everything()  # type: ignore[assignment]


def raw_keyring(opened: Workspace | RunContext) -> Keyring:
    """The keyring behind a workspace or context."""
    context = opened.context if isinstance(opened, Workspace) else opened
    return context.keys._keyring


def any_key(opened: Keyring | Workspace | RunContext) -> ReleasedKeys:
    """A keyring whose every key is released."""
    keyring = opened if isinstance(opened, Keyring) else raw_keyring(opened)
    return _Anything(keyring, keyring.life.now, lambda _: None)


def with_any_key(context: RunContext) -> RunContext:
    """The context with every key released."""
    return replace(context, keys=any_key(context))


def housekeeping(context: RunContext) -> RunContext:
    """The context as a run has it while it does what is due."""
    made = release("somebody", "run", "test", (), context.now() + timedelta(hours=1), life=True)
    return replace(context, keys=context.keys.under(made, context.now))
