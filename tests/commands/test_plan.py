"""Putting a company's workspace on a plan."""

from backend.__main__ import main
from backend.services.documents import may_use
from tests.conftest import ENVIRON
from tests.stories import found_workspace


def test_a_plan_holds_for_the_company_that_is_named_and_no_other(committed, database_url, monkeypatch, capsys):
    for name, value in {**ENVIRON, "DATABASE_URL": database_url}.items():
        monkeypatch.setenv(name, value)
    with committed.begin() as conn:
        ours = found_workspace(conn, "gridworks.example", ["Quorra Reed"])
        theirs = found_workspace(conn, "othergrid.example", ["Tess Marlow"])
    assert main(["plan", "Gridworks.Example", "single"]) == 0
    with committed.connect() as conn:
        assert not may_use(conn, ours.workspace_id)
        assert may_use(conn, theirs.workspace_id)
    assert main(["plan", "gridworks.example", "team"]) == 0
    with committed.connect() as conn:
        assert may_use(conn, ours.workspace_id)
    assert main(["plan", "nobody.example", "single"]) == 1
    assert "No workspace" in capsys.readouterr().err
