"""Putting a workspace on a plan."""

import pytest
from sqlalchemy import update

from backend.__main__ import main
from backend.services.documents import may_use
from backend.store.tables import rep, workspace
from tests.conftest import ENVIRON
from tests.stories import found_workspace


@pytest.fixture
def tenants(committed, database_url, monkeypatch):
    """Gridworks, Othergrid, and a workspace of gmail.com, which has no domain; Sam is in two."""
    for name, value in {**ENVIRON, "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    with committed.begin() as conn:
        ours = found_workspace(conn, "gridworks.example", ["Quorra Reed", "Sam Tully"])
        theirs = found_workspace(conn, "othergrid.example", ["Tess Marlow"])
        alone = found_workspace(conn, "gmail.com", ["Kevin Flynn", "Sam Tully"])
        conn.execute(update(workspace).where(workspace.c.workspace_id == alone.workspace_id).values(domain=None))
        sams = rep.c.email.startswith("sam@")
        conn.execute(update(rep).where(sams).values(email="sam@gmail.com"))
    return ours.workspace_id, theirs.workspace_id, alone.workspace_id


@pytest.fixture
def team_plans(committed, tenants):
    def ask():
        with committed.connect() as conn:
            return [may_use(conn, workspace_id) for workspace_id in tenants]

    return ask


def test_a_plan_holds_for_the_company_that_is_named_and_no_other(team_plans):
    assert main(["plan", "Gridworks.Example", "single"]) == 0
    assert team_plans() == [False, True, True]
    assert main(["plan", "gridworks.example", "team"]) == 0
    assert team_plans() == [True, True, True]


def test_a_workspace_without_a_domain_is_named_by_a_members_address(team_plans, capsys):
    assert main(["plan", "Kevin@Gmail.com", "single"]) == 0
    assert team_plans() == [True, True, False]
    assert "is on the plan 'single'" in capsys.readouterr().out


def test_who_is_in_several_workspaces_names_one_by_its_number(team_plans, tenants, capsys):
    assert main(["plan", "sam@gmail.com", "single"]) == 1
    assert team_plans() == [True, True, True]
    told = capsys.readouterr().err
    assert f"{tenants[0]} (gridworks.example), {tenants[2]} (gmail.com)" in told
    assert main(["plan", str(tenants[2]), "single"]) == 0
    assert team_plans() == [True, True, False]


@pytest.mark.parametrize(
    ("whose", "told"),
    [
        ("gmail.com", "have no domain: name the address of a member"),
        ("nobody@gridworks.example", "No workspace has an active member"),
        ("0", "There is no workspace 0"),
    ],
)
def test_who_names_nobody_changes_nothing_and_is_told(team_plans, capsys, whose, told):
    assert main(["plan", whose, "single"]) == 1
    assert told in capsys.readouterr().err
    assert team_plans() == [True, True, True]


def test_who_was_removed_names_nobody(committed, team_plans):
    with committed.begin() as conn:
        conn.execute(update(rep).where(rep.c.email == "kevin@gmail.com").values(status="removed"))
    assert main(["plan", "kevin@gmail.com", "single"]) == 1
    assert team_plans() == [True, True, True]
