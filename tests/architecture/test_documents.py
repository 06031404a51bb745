"""The documents name files, and what is in them, as they are."""

import ast
import re
from pathlib import Path

import pytest
from django.urls import reverse

from tests.architecture.source import ROOT, files

_PATH = re.compile(r"`([\w./]+/[\w.]+\.(?:py|md|toml|html|css))`")
_NAME_IN_FILE = re.compile(r"`([\w./]+/\w+\.py)` `(\w+)`")
_PAGES = [path for path in files() if path.suffix == ".md" and path.parts[0] != "tests"]


def _defined(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@pytest.mark.parametrize("page", _PAGES, ids=str)
def test_a_file_that_a_document_names_exists(page: Path) -> None:
    named = set(_PATH.findall((ROOT / page).read_text()))
    assert {path for path in named if not (ROOT / path).is_file()} == set()


@pytest.mark.parametrize("page", _PAGES, ids=str)
def test_what_a_document_names_in_a_file_is_there(page: Path) -> None:
    named = _NAME_IN_FILE.findall((ROOT / page).read_text())
    assert [(path, name) for path, name in named if name not in _defined(path)] == []


def test_the_way_of_a_notification_is_written_down_by_names() -> None:
    named = _NAME_IN_FILE.findall((ROOT / "docs/architecture.md").read_text())
    assert {"receive", "record_notification", "post_payment"} <= {name for _path, name in named}


def test_every_runtime_dependency_has_its_sentence() -> None:
    running = (ROOT / "requirements.txt").read_text().split("# Running\n")[1].split("\n\n")[0]
    page = (ROOT / "docs/decisions/0002-dependencies.md").read_text()
    told = ", ".join(re.findall(r"^\| ([^|]+) \| ", page, flags=re.MULTILINE)).split(", ")
    assert sorted(told[1:]) == sorted(line.split("==")[0] for line in running.splitlines())


def test_every_command_has_its_line_in_the_readme() -> None:
    ours = {path.stem for path in files() if path.parts[-2:-1] == ("commands",)} - {"__init__"}
    readme = (ROOT / "README.md").read_text()
    assert {name for name in ours if f"| `{name}`" not in readme} == set()


def test_what_monitoring_asks_is_written_as_it_is() -> None:
    named = {
        address
        for page in _PAGES
        for address in re.findall(r"`(/(?:healthz|readyz|metrics)/?)`", (ROOT / page).read_text())
    }
    assert named == {reverse(name) for name in ("healthz", "readyz", "metrics")}
