"""``lockgate access``: who may do what; each command lives in a file of its own."""

from __future__ import annotations

from lockgate.cli.lazy import Lazy, LazyGroup

_AT = "lockgate.cli.commands"
SECTIONS = {
    "Ask": {
        "roles": Lazy(f"{_AT}.access_roles:command", "What each role may, in words."),
        "who-can": Lazy(f"{_AT}.access_who_can:command", "Who may do one thing, and by what."),
        "can": Lazy(f"{_AT}.access_can:command", "All that one principal may."),
        "matrix": Lazy(
            f"{_AT}.access_matrix:command", "Roles, labels, zones: who may reveal and publish."
        ),
    },
    "Accounts": {
        "users": Lazy(f"{_AT}.access_users:command", "People who log in with a password."),
        "service": Lazy(f"{_AT}.access_service:command", "Jobs that log in with a key."),
    },
}

HELP = """Who may do what: roles, and the policies that permit them.

Answers come from the engine that decides, over the roles, groups, grants and open break-glass
of this moment. "depends" means that a policy asks for something that was not said."""

command = LazyGroup(
    name="access",
    help=HELP,
    short_help="Accounts, roles, and who may do what.",
    sections=SECTIONS,
    no_args_is_help=True,
)
