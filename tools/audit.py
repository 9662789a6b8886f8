"""Ask the advisory service about every pin, and never take silence for a clean bill.

`python tools/audit.py [--strict]`. A package index that mirrors files often serves no advisories;
a plain audit then finds nothing and looks clean. So the service is first asked about a version
that has well-known vulnerabilities: if it does not name them, nothing was checked, which is said,
and is a failure with `--strict` or where CI sets AUDIT=strict.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CANARY = "jinja2==2.4.1"  # sandbox escapes, known for years


def ask(requirements: Path, *options: str) -> list[dict[str, Any]] | None:
    """What the service knows of each pin; None if it could not be asked."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--progress-spinner=off"]
    command += ["--format=json", "--requirement", str(requirements), *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        return None
    return dependencies


def service_answers() -> bool:
    """Whether the service names the vulnerabilities of the canary."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "canary.txt"
        requirements.write_text(CANARY + "\n")
        answer = ask(requirements, "--no-deps")
    return bool(answer) and any(dependency.get("vulns") for dependency in answer or [])


def not_checked(why: str, *, strict: bool) -> int:
    """Say so; a failure where an answer was demanded."""
    print(f"audit: NOT CHECKED for known vulnerabilities: {why}")
    return 1 if strict else 0


def main() -> int:
    """Audit what running needs and what developing needs."""
    strict = "--strict" in sys.argv[1:] or os.environ.get("AUDIT") == "strict"
    if not service_answers():
        return not_checked("the advisory service gives no answers from here", strict=strict)
    dependencies = ask(ROOT / "requirements" / "dev.txt", "--require-hashes")
    if dependencies is None:
        return not_checked("the advisory service stopped answering", strict=strict)
    skipped = [dependency["name"] for dependency in dependencies if "skip_reason" in dependency]
    vulnerable = [dependency for dependency in dependencies if dependency.get("vulns")]
    for dependency in vulnerable:
        known = ", ".join(vulnerability["id"] for vulnerability in dependency["vulns"])
        print(f"audit: {dependency['name']} {dependency['version']}: {known}")
    if vulnerable:
        return 1
    if skipped:
        return not_checked(f"no answer for {', '.join(skipped)}", strict=strict)
    print(f"audit: no known vulnerability in {len(dependencies)} pinned packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
