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
    "Grants": {
        "init": Lazy(f"{_AT}.access_grants:init", "Name the first administrator."),
        "grant": Lazy(f"{_AT}.access_grants:grant", "Give a role, for a scope and a time."),
        "revoke": Lazy(f"{_AT}.access_grants:revoke", "End a grant now."),
        "grants": Lazy(f"{_AT}.access_grants:grants", "List grants."),
    },
    "Two persons": {
        "request": Lazy(f"{_AT}.access_requests:request", "Ask for a second person's word."),
        "requests": Lazy(f"{_AT}.access_requests:requests", "List what was asked for."),
        "approve": Lazy(f"{_AT}.access_requests:approve", "Approve a request of another."),
        "refuse": Lazy(f"{_AT}.access_requests:refuse", "Refuse a request, approved or not."),
        "withdraw": Lazy(f"{_AT}.access_requests:withdraw", "Take a request of yours back."),
    },
    "Production": {
        "environment": Lazy(
            f"{_AT}.access_environment:command", "Let the project leave production."
        ),
    },
    "Emergency": {
        "break-glass": Lazy(
            f"{_AT}.access_break_glass:command", "Take a role for an hour; reviewed afterwards."
        ),
    },
    "Review": {
        "review": Lazy(f"{_AT}.access_review:review", "What somebody should look at."),
        "verify": Lazy(f"{_AT}.access_review:verify", "Compare grants with the ledger."),
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
