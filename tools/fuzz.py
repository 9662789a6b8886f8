"""Fuzz every entry of the native kernel: `python tools/fuzz.py SECONDS [TARGET ...]`.

Builds the targets of `rust/fuzz` with plain cargo, on a stable toolchain, under AddressSanitizer
where its runtime came with the compiler, and runs each for SECONDS, JOBS at a time. What is found
stays in `rust/fuzz/artifacts` and fails; inputs that reached something new stay in
`rust/fuzz/corpus`, so that the next run begins where this one ended. Where cargo is missing or its
crates cannot be had, it says so and that nothing was fuzzed. `cargo fuzz run TARGET` works too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import crates

ROOT = Path(__file__).resolve().parent.parent
FUZZ = crates.FUZZ
BUILT = ROOT / "build" / "fuzz"
# What cargo-fuzz passes too. Each edge is counted, each comparison is shown to the fuzzer.
COVERAGE = (
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "--cfg=fuzzing",
)
ADDRESSES = "-Zsanitizer=address"
LIMITS = ("-max_len=4096", "-len_control=20", "-timeout=30", "-rss_limit_mb=4096")
DONE = re.compile(r"^#(\d+)\s+DONE\s+cov: (\d+)", re.M)
TOLD = re.compile(r"panicked at|ERROR:|SUMMARY:|Test unit written", re.M)


class NotHere(Exception):
    """Why nothing can be fuzzed on this machine, in one line."""


def say(text: str) -> None:
    """Tell what happens, one line a step."""
    print(f"lockgate: {text}", flush=True)


def asked(*command: str) -> str:
    """What a tool prints; "" if it does not run."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def host() -> str:
    """The machine that the compiler builds for. Raises NotHere."""
    found = re.search(r"^host: (\S+)$", asked("rustc", "-vV"), re.M)
    if shutil.which("cargo") is None or found is None:
        raise NotHere("no cargo on PATH")
    return found[1]


def has_addresses(target: str) -> bool:
    """Whether AddressSanitizer's runtime came with the compiler."""
    libraries = asked("rustc", "--print=target-libdir", f"--target={target}").strip()
    return bool(libraries) and any(Path(libraries).glob("librustc-*_rt.asan.*"))


def environment(target: str, flags: tuple[str, ...]) -> dict[str, str]:
    """The environment for cargo. The sanitizer's flag is no stable one: it is asked for by name."""
    chosen = (*flags, ADDRESSES) if has_addresses(target) else flags
    unstable = {"RUSTC_BOOTSTRAP": "1"} if ADDRESSES in chosen else {}
    return {**os.environ, **unstable, "RUSTFLAGS": " ".join(chosen)}


def targets() -> list[str]:
    """The names of all targets."""
    manifest = tomllib.loads((FUZZ / crates.MANIFEST).read_text())
    return [str(binary["name"]) for binary in manifest["bin"]]


def build(target: str) -> Path:
    """Build all targets; the folder they are in. Raises NotHere, CalledProcessError."""
    manifest = f"--manifest-path={FUZZ / crates.MANIFEST}"
    try:
        crates.write_working_lock("cargo", FUZZ)
    except crates.NoSource:
        raise NotHere("cargo does not say where crates come from") from None
    fetched = subprocess.run(
        ["cargo", "fetch", "--locked", manifest], capture_output=True, check=False
    )
    if fetched.returncode:
        raise NotHere("the crates of rust/fuzz cannot be fetched")
    how = "under AddressSanitizer" if has_addresses(target) else "without AddressSanitizer"
    say(f"building {len(targets())} fuzz targets {how}")
    built = os.environ.get("CARGO_TARGET_DIR") or str(BUILT)
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet", manifest, f"--target={target}"],
        env={**environment(target, COVERAGE), "CARGO_TARGET_DIR": built},
        check=True,
    )
    return Path(built) / target / "release"


def fuzz(program: Path, seconds: int) -> bool:
    """Run one target; true if nothing was found."""
    corpus, artifacts = FUZZ / "corpus" / program.name, FUZZ / "artifacts" / program.name
    for folder in (corpus, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    words = (f"-max_total_time={seconds}", f"-artifact_prefix={artifacts}/", *LIMITS)
    done = subprocess.run(
        [program, *words, corpus], capture_output=True, text=True, errors="replace", check=False
    )
    ended = DONE.search(done.stderr)
    if done.returncode == 0 and ended:
        say(f"  {program.name}: {ended[1]} inputs, {ended[2]} edges reached, nothing found")
        return True
    told = [line for line in done.stderr.splitlines() if TOLD.search(line)]
    say(f"  {program.name}: FAILED\n    " + "\n    ".join(told or done.stderr.splitlines()[-9:]))
    return False


def main() -> int:
    """Fuzz what was asked for: everything, unless targets are named."""
    # libFuzzer takes none for no end.
    seconds = max(1, int(sys.argv[1])) if len(sys.argv) > 1 else 60
    chosen = sys.argv[2:] or targets()
    try:
        folder = build(host())
    except NotHere as reason:
        say(f"nothing was fuzzed: {reason}")
        return 0
    except subprocess.CalledProcessError:
        say("the fuzz targets do not build")
        return 1
    jobs = int(os.environ.get("JOBS", "2"))
    say(f"fuzzing {len(chosen)} targets for {seconds} s each, {jobs} at a time")
    with ThreadPoolExecutor(jobs) as pool:
        good = list(pool.map(lambda name: fuzz(folder / name, seconds), chosen))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
