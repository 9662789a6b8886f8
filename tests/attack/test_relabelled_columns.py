"""Turning values back under a weaker label, by one person who may edit the project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow.csv as pacsv
import pytest

from lockgate.assemble.workspace import Workspace
from lockgate.errors import AuthorisationDenied, UsageError
from lockgate.ledger.event import Revealed
from small_project import change
from two_persons import ADA, project_of_two

EMAIL = "[{property: lockgate.label, value: pii.email}]"
BORN = "[{property: lockgate.label, value: pii.birth_date}]"
PUBLIC = "{property: lockgate.label, value: public}"
STRICT = "reveal:\n  pii.email: deny\n  pii.birth_date: deny\n  pii.phone: {max_rows: 5}\n"


def renamed(contract: Path) -> None:
    """Another name, and with it another id: tokens open by their key domain all the same."""
    change(contract, "name: email", "name: mail")
    change(contract, EMAIL, f"[{PUBLIC}, {{property: lockgate.domain, value: email}}]")


def renamed_with_its_id(contract: Path) -> None:
    change(contract, "name: born", "name: dob")
    same = "{property: lockgate.id, value: born}"
    domain = "{property: lockgate.domain, value: birth-date}"
    change(contract, BORN, f"[{PUBLIC}, {same}, {domain}]")


def renamed_with_its_id_while_the_domain_stays_strict(contract: Path) -> None:
    """What stays keeps the domain's labels; a single ciphertext asks for its column's own."""
    renamed_with_its_id(contract)
    strict = BORN[:-1] + ", {property: lockgate.domain, value: birth-date}]"
    change(
        contract,
        f"maxLength: 20}}\n        customProperties: [{PUBLIC}]",
        f"maxLength: 20}}\n        customProperties: {strict}",
    )


def in_a_contract_of_another_name(contract: Path) -> None:
    change(contract, "  - name: people", "  - name: folk")
    domain = "{property: lockgate.domain, value: birth-date}"
    change(contract, BORN, f"[{PUBLIC}, {domain}]")
    change(contract.parents[1] / "pipelines/people.yaml", "contract: people", "contract: folk")
    contract.rename(contract.with_name("folk.odcs.yaml"))


def beside_what_took_its_place(contract: Path) -> None:
    """The strict column leaves the domain, where another one stays under a label of less."""
    change(contract, "name: email", "name: mail")
    domain = "{property: lockgate.domain, value: email}"
    change(contract, EMAIL, f"[{{property: lockgate.label, value: pii.phone}}, {domain}]")


@pytest.mark.parametrize(
    "relabel",
    [
        renamed,
        renamed_with_its_id,
        renamed_with_its_id_while_the_domain_stays_strict,
        in_a_contract_of_another_name,
        beside_what_took_its_place,
    ],
)
def test_a_column_is_relabelled_under_another_name(
    tmp_path: Path, relabel: Callable[[Path], None]
) -> None:
    folder = project_of_two(tmp_path / "p")
    (folder / "policy/reveal.yaml").write_text(STRICT)
    with Workspace.open(folder) as workspace:
        workspace.grants.first_admin(ADA.id, reason="test")
        assert len(workspace.grants.policy_expansions()) == 0
        workspace.run("people")
    file = next(folder.glob("out/study/run-*/part-*.csv"))
    token, ciphertext = (
        str(pacsv.read_csv(file).column(name)[0].as_py()) for name in ("email", "born")
    )
    relabel(folder / "contracts/people.odcs.yaml")

    with Workspace.open(folder) as workspace:
        assert workspace.grants.policy_expansions().reveals
        for value in (token, ciphertext):
            with pytest.raises(AuthorisationDenied):
                workspace.reveal_values([value], purpose="support")
        for reveal in (
            lambda: workspace.reveal_file(file, "email", purpose="support"),
            lambda: workspace.reveal_file(file, "born", purpose="support"),
        ):
            with pytest.raises((AuthorisationDenied, UsageError)):
                reveal()
        told = (entry.event for entry in workspace.ledger.read())
        assert not any(isinstance(event, Revealed) for event in told)
