"""A project is read as declared, or every problem of every file comes at once."""

# ruff: noqa: E501 - expected messages stand in one line, as they are printed

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import pytest

from lockgate.assemble.project_file import Project, load_project
from lockgate.assemble.project_file_state import StateSettings
from lockgate.errors import ConfigurationError, ExitCode
from lockgate.flow.check import check
from lockgate.labels.label import LabelSet
from lockgate.policy.choose import Choice, choose

KEY = base64.b64encode(bytes(range(32))).decode()
HEAD = f"lockgate: 1\nproject: clinic\nledger: {{public_key: {KEY!r}}}\n"
ODCS = """\
apiVersion: v3.1.0
kind: DataContract
id: patients
name: patients
version: 1.0.0
status: active
schema:
  - name: patients
    logicalType: object
    properties:
      - name: mrn
        logicalType: string
        required: true
        customProperties: [{property: lockgate.label, value: phi.mrn}]
      - name: badge
        logicalType: string
        customProperties: [{property: lockgate.label, value: acme.badge}]
"""
MODEL = """\
from typing import Annotated
from pydantic import BaseModel
from lockgate.contract.markers import Labelled
class Visit(BaseModel):
    visit_id: Annotated[str, Labelled("phi.encounter")]
"""
FULL = (
    HEAD
    + """\
environment: production
roots: {read: [data], write: [out]}
zones:
  analytics:
    extends: analytics
    rules: {acme.badge: hash, pii.phone: {mask: {last: 4}}, "pseudonym(pii)": deny}
    influence: {phi.diagnosis: deny}
contracts:
  patients: {file: contracts/patients.odcs.yaml}
  visits: {python: "models:Visit"}
"""
)
POLICY = """\
labels:
  acme.badge: {description: Badge number, domain: badge}
domains: {badge: {normaliser: alphanumeric}}
"""
PIPELINES = """\
pipelines:
  nightly:
    purpose: readmission study
    source: {contract: patients, path: data/p.csv, format: csv, delimiter: ";"}
    select: [mrn, {badge: pass}]
    sinks:
      analytics: {zone: analytics, path: out/a, format: parquet}
"""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def full(folder: Path, **changes: str) -> Path:
    files = {
        "lockgate.yaml": FULL,
        "contracts/patients.odcs.yaml": ODCS,
        "models.py": MODEL,
        "policy/labels.yaml": POLICY,
        "pipelines/nightly.yaml": PIPELINES,
    }
    return write(folder, files | changes)


def load(folder: Path) -> Project:
    return load_project(folder)


def problems(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_project(folder)
    assert caught.value.exit_code is ExitCode.CONFIGURATION
    return [str(p).replace(str(folder) + "/", "") for p in caught.value.problems]


def test_a_whole_project(tmp_path: Path) -> None:
    project = load(full(tmp_path))
    assert (project.name, project.environment) == ("clinic", "production")
    assert project.roots.read == (tmp_path / "data",)
    assert project.state == StateSettings()
    assert project.ledger_public_key == bytes(range(32))
    assert set(project.contracts) == {"patients", "visits"}
    assert project.domains["badge"].normaliser.value == "alphanumeric"
    pipeline = project.pipelines["nightly"]
    assert pipeline.source.delimiter == ";"
    assert [(s.source, s.name) for s in pipeline.select] == [("mrn", "mrn"), ("badge", "pass")]
    assert str(pipeline.sinks[0].where).endswith("pipelines/nightly.yaml:7:7")
    plan = check(pipeline, project.contracts, project.policy)
    assert [c.domain for c in plan.sinks[0].columns] == ["patient-id", "badge"]


def test_a_zone_that_extends_keeps_what_it_does_not_name(tmp_path: Path) -> None:
    zone = load(full(tmp_path)).policy.zone("analytics")
    email = choose(LabelSet.of("pii.email"), LabelSet(), zone)
    assert isinstance(email, Choice)
    assert email.treatment is not None
    assert email.treatment.name == "tokenize"
    assert not isinstance(choose(LabelSet.of("pseudonym(pii.id)"), LabelSet(), zone), Choice)
    assert not isinstance(choose(LabelSet(), LabelSet.of("phi.diagnosis"), zone), Choice)


def test_a_small_project_has_safe_defaults(tmp_path: Path) -> None:
    project = load(write(tmp_path, {"lockgate.yaml": HEAD}))
    assert project.roots.read == project.roots.write == (tmp_path,)
    assert (project.keys.service, project.keys.protection) == ("local", "file")
    assert set(project.policy.zones) == {"raw", "analytics", "research", "dev", "partner"}


def test_contracts_in_the_folder_are_found_by_their_name(tmp_path: Path) -> None:
    files = {"lockgate.yaml": HEAD, "contracts/people.odcs.yaml": ODCS.replace("acme.badge", "pii")}
    assert set(load(write(tmp_path, files)).contracts) == {"people"}


def test_an_inline_contract_has_its_positions_in_the_project_file(tmp_path: Path) -> None:
    body = "".join(f"    {line}\n" for line in ODCS.replace("acme.badge", "pii.id").splitlines())
    folder = write(tmp_path, {"lockgate.yaml": HEAD + "contracts:\n  patients:\n" + body})
    column = load(folder).contracts["patients"].column("mrn")
    assert str(column.where).endswith("lockgate.yaml:16:13")


def test_the_policy_is_the_same_wherever_it_is_written(tmp_path: Path) -> None:
    one = load(full(tmp_path / "a")).policy.digest
    moved = {"lockgate.yaml": FULL + POLICY, "policy/labels.yaml": "{}"}
    other = load(full(tmp_path / "b", **moved)).policy.digest
    assert one == other


def test_no_project_here(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no project here") as caught:
        load_project(tmp_path)
    assert "lockgate init" in caught.value.hint


MISTAKES = """\
lockgate: 2
project: My Clinic
enviroment: x
ledger: {public_key: "c2hvcnQ="}
keys: {service: aws}
state: mysql://db
roots: {read: data}
labels:
  pii.email: {description: Mine}
  acme.badge: {descripton: Badge}
  Acme: {description: Upper}
domains:
  Badge: {normaliser: exact}
  badge: {normaliser: soundex}
zones:
  analytics:
    extends: analytcs
    rules: {pii.email: tokenise, pii.emial: drop, "hidden(pii)": allow, "hashed(pii)": hash}
    influence: {phi: maybe}
  mine:
    rules: {pii.phone: {mask: {lst: 4, first: -1}}}
    trusted: perhaps
contracts:
  gone: {file: contracts/gone.odcs.yaml}
  outside: {file: ../x.odcs.yaml}
  absent: {python: "nomodule:Visit"}
  malformed: {python: nomodule}
  odd: 7
pipelines:
  nightly:
    porpose: x
    source: {contract: nobody, path: "", format: xlsx}
    select: [a, {b: c, d: e}, 5]
    sinks: {an: {zone: analytics, path: out}}
"""

EXPECTED = """\
lockgate.yaml:1:1: LG-101 lockgate is 1
lockgate.yaml:2:1: LG-101 project is not written as it must be (lower-case letters, digits and hyphens)
lockgate.yaml:3:1: LG-101 unknown key enviroment (did you mean environment?)
lockgate.yaml:4:10: LG-101 public_key is empty or too short (44 characters of base64: the 32 bytes of an Ed25519 public key)
lockgate.yaml:5:8: LG-101 service is one of local, vault, aws-kms, google-kms, azure-key-vault
lockgate.yaml:7:9: LG-101 read is a list
lockgate.yaml:9:3: LG-103 label pii.email is defined already (a label is defined once; choose another name)
lockgate.yaml:10:3: LG-101 the key description is missing
lockgate.yaml:10:16: LG-101 unknown key descripton (did you mean description?)
lockgate.yaml:11:3: LG-103 not a label name: lower-case words joined by dots are
lockgate.yaml:13:3: LG-101 this is not a domain name (lower-case letters, digits, _ and -)
lockgate.yaml:14:11: LG-101 normaliser is 'exact', 'nfc', 'text', 'email', 'digits' or 'alphanumeric'
lockgate.yaml:17:5: LG-104 extends names no shipped zone (shipped zones are raw, analytics, research, dev, partner)
lockgate.yaml:18:13: LG-104 there is no treatment of that name (known are drop, encrypt, fernet, fpe, generalize, hash, mask, redact, replace, tokenize)
lockgate.yaml:18:34: LG-103 unknown label pii.emial (did you mean pii.email?)
lockgate.yaml:18:51: LG-104 hidden is not a state (states are pseudonym, surrogate, hashed, encrypted, masked, generalized, redacted, aggregated)
lockgate.yaml:18:73: LG-104 hashed(pii) takes allow, deny or drop
lockgate.yaml:19:17: LG-104 influence is allow or deny
lockgate.yaml:22:5: LG-101 trusted is true or false
lockgate.yaml:24:10: LG-101 the file does not exist
lockgate.yaml:25:13: LG-101 the file lies outside the project's folder (keep contracts below the folder of lockgate.yaml)
lockgate.yaml:26:3: LG-102 the project's folder has no module nomodule (write nomodule.py beside lockgate.yaml)
lockgate.yaml:27:15: LG-101 python is not written as it must be (write "module:Class")
lockgate.yaml:28:3: LG-101 contract odd is a mapping ({file: contracts/NAME.odcs.yaml}, {python: module:Class} or an ODCS document)
lockgate.yaml:31:5: LG-101 unknown key porpose (did you mean purpose?)
lockgate.yaml:32:32: LG-101 path is empty or too short
lockgate.yaml:32:42: LG-101 format is 'csv', 'jsonl' or 'parquet'
lockgate.yaml:33:17: LG-101 a selected column is a name, or one {name: new name}
lockgate.yaml:33:31: LG-101 a selected column is a name, or one {name: new name}
lockgate.yaml:34:13: LG-101 the key format is missing
""".splitlines()


def test_every_problem_of_a_malformed_project_comes_in_one_pass(tmp_path: Path) -> None:
    found = problems(write(tmp_path, {"lockgate.yaml": MISTAKES}))
    missing = [line for line in EXPECTED if line not in found]
    assert missing == []


def test_problems_of_several_files_come_together(tmp_path: Path) -> None:
    folder = full(
        tmp_path,
        **{
            "lockgate.yaml": FULL.replace("environment:", "enviroment:"),
            "contracts/patients.odcs.yaml": ODCS.replace("phi.mrn", "phi.mnr").replace(
                "required: true", "requird: true"
            ),
            "policy/labels.yaml": POLICY + "pipelines: {}\n",
            "policy/other.yaml": "domains: {badge: {normaliser: exact}}\nzones: [1]\n",
            "pipelines/nightly.yaml": PIPELINES.replace("zone:", "zne:"),
            "pipelines/second.yaml": PIPELINES + "\tx: 1\n",
        },
    )
    found = "\n".join(problems(folder))
    for expected in (
        "lockgate.yaml:4:1: LG-101 unknown key enviroment",
        "contracts/patients.odcs.yaml:13:9: LG-102",
        "policy/labels.yaml:4:1: LG-101 unknown key pipelines",
        "policy/other.yaml:1:11: LG-101 domain badge is defined twice",
        "policy/other.yaml:2:1: LG-101 zones is a mapping",
        "pipelines/nightly.yaml:7:19: LG-101 unknown key zne (did you mean zone?)",
        "pipelines/second.yaml:8:1: LG-101 a tab stands where YAML wants spaces",
    ):
        assert expected in found, found


def test_an_unknown_label_in_a_contract_is_told_at_its_column(tmp_path: Path) -> None:
    folder = full(tmp_path, **{"contracts/patients.odcs.yaml": ODCS.replace("phi.mrn", "phi.mnr")})
    (found,) = problems(folder)
    assert found == (
        "contracts/patients.odcs.yaml:11:9: LG-103 column mrn: unknown label phi.mnr "
        "(did you mean phi.mrn?)"
    )


def test_a_name_is_defined_once(tmp_path: Path) -> None:
    folder = full(
        tmp_path,
        **{
            "pipelines/again.yaml": PIPELINES,
            "policy/zones.yaml": "zones: {analytics: {}}",
            "contracts/visits.odcs.yaml": ODCS,
        },
    )
    found = "\n".join(problems(folder))
    assert "pipeline nightly is defined twice" in found
    assert "zone analytics is defined twice" in found
    assert "contract visits is defined twice" in found


def test_two_contracts_do_not_share_an_id(tmp_path: Path) -> None:
    folder = full(tmp_path, **{"contracts/other.odcs.yaml": ODCS})
    assert "contracts patients and other have the same id" in problems(folder)[0]


def test_a_pipeline_needs_a_contract_that_exists(tmp_path: Path) -> None:
    folder = full(
        tmp_path,
        **{"pipelines/nightly.yaml": PIPELINES.replace("contract: patients", "contract: x")},
    )
    assert problems(folder) == [
        "pipelines/nightly.yaml:4:14: LG-101 there is no contract x (contracts are patients, visits)"
    ]


def test_how_many_files_a_sink_writes_at_once(tmp_path: Path) -> None:
    assert load(full(tmp_path / "a")).pipelines["nightly"].sinks[0].parts == 1
    for parts in (1, 2, 64):
        text = PIPELINES.replace("format: parquet", f"format: parquet, parts: {parts}")
        folder = full(tmp_path / str(parts), **{"pipelines/nightly.yaml": text})
        assert load(folder).pipelines["nightly"].sinks[0].parts == parts


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ("0", "parts is out of range"),
        ("65", "parts is out of range"),
        ("-2", "parts is out of range"),
        ("'2'", "parts is a whole number"),
        ("2.0", "parts is a whole number"),
        ("yes", "parts is a whole number"),
        ("true", "parts is a whole number"),
        ("null", "parts is a whole number"),
        ("[2]", "parts is a whole number"),
    ],
)
def test_parts_out_of_range_or_no_number(tmp_path: Path, parts: str, problem: str) -> None:
    text = PIPELINES.replace("format: parquet", f"format: parquet, parts: {parts}")
    folder = full(tmp_path, **{"pipelines/nightly.yaml": text})
    (found,) = problems(folder)
    assert found.startswith(f"pipelines/nightly.yaml:7:66: LG-101 {problem} (how many files")


@pytest.mark.parametrize("text", ["", "[]", "just text", "7"])
def test_a_project_file_that_is_no_mapping(tmp_path: Path, text: str) -> None:
    assert "a project's file is a mapping" in problems(write(tmp_path, {"lockgate.yaml": text}))[0]


def test_a_module_of_one_project_never_answers_for_another(tmp_path: Path) -> None:
    other = MODEL.replace("visit_id", "stay_id")
    for name, body in (("one", MODEL), ("two", other)):
        folder = full(
            tmp_path / name, **{"models.py": "from beside_us import Visit\n", "beside_us.py": body}
        )
        expected = "visit_id" if name == "one" else "stay_id"
        assert load(folder).contracts["visits"].names == (expected,)
        assert not list(folder.rglob("__pycache__"))


def test_a_python_contract_may_import_its_neighbours(tmp_path: Path) -> None:
    folder = full(
        tmp_path,
        **{
            "models.py": "from beside_it import Visit\n",
            "beside_it.py": MODEL,
        },
    )
    assert load(folder).contracts["visits"].names == ("visit_id",)


PASTED = (
    "hunter2Canary",
    "canaryS3cr3t",
    "AKIA" + "CANARY2345678901",
    "correct-horse-battery-staple-canary",
    "CANARYCANARY",
    "canary&7",
)


@pytest.mark.parametrize("secret", PASTED)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("environment:", "{secret}: x\nenvironment:"),
        ("environment:", "keys: {{service: local, {secret}: x}}\nenvironment:"),
        ("environment:", "{secret}:\nenvironment:"),
    ],
    ids=["top", "keys", "empty"],
)
def test_a_secret_pasted_as_a_key_is_not_repeated(
    tmp_path: Path, secret: str, before: str, after: str
) -> None:
    folder = full(
        tmp_path, **{"lockgate.yaml": FULL.replace(before, after.format(secret=secret), 1)}
    )
    found = "\n".join(problems(folder))

    assert "unknown key (not shown, as it may be a secret)" in found
    assert secret.casefold() not in found.casefold()


@pytest.mark.parametrize("secret", PASTED)
def test_a_secret_pasted_as_a_key_of_a_contract_is_not_repeated(
    tmp_path: Path, secret: str
) -> None:
    pasted = ODCS.replace("required: true", f"{secret}: true", 1)
    found = "\n".join(problems(full(tmp_path, **{"contracts/patients.odcs.yaml": pasted})))

    assert "(not shown): unknown key" in found
    assert secret.casefold() not in found.casefold()
