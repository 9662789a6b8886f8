"""Run the Rust tests under AddressSanitizer: `make sanitize`.

It sees what the compiler cannot promise about `unsafe` code: memory read or written beyond its end
or after its release, released twice, or never. Where the sanitizer's runtime did not come with the
compiler, it says so and that nothing was checked.

AES and GHASH are computed in software here, as on a processor without instructions for them; the
other ways are what `make test-rust` runs.
"""

from __future__ import annotations

import os
import subprocess
import sys

import crates
from fuzz import BUILT, NotHere, environment, has_addresses, host, say

SOFTWARE = ('--cfg=aes_backend="soft"', '--cfg=polyval_backend="soft"')


def main() -> int:
    """The tests of the crates without Python; what Python sees is tested in Python."""
    try:
        target = host()
        if not has_addresses(target):
            raise NotHere("AddressSanitizer's runtime did not come with this compiler")
        crates.write_working_lock("cargo")
    except NotHere as reason:
        say(f"no test ran under AddressSanitizer: {reason}")
        return 0
    except crates.NoSource:
        say("no test ran under AddressSanitizer: cargo does not say where crates come from")
        return 0
    say("running the Rust tests under AddressSanitizer")
    built = os.environ.get("CARGO_TARGET_DIR") or str(BUILT.with_name("sanitize"))
    words = ["--profile=quick", "--locked", "--lib", "--tests", f"--target={target}"]
    packages = ["--package=lockgate-kernel", "--package=lockgate-arrow"]
    manifest = f"--manifest-path={crates.RUST / crates.MANIFEST}"
    return subprocess.run(
        ["cargo", "test", "--quiet", manifest, *words, *packages],
        env={**environment(target, SOFTWARE), "CARGO_TARGET_DIR": built},
        check=False,
    ).returncode


if __name__ == "__main__":
    sys.exit(main())
