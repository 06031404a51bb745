"""The README names every variable the settings read, and every command it promises exists."""

import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT, files

_READ = re.compile(r'(?:env\.\w+|env|_given|_secret|environ\.get)\(\s*"([A-Z_]+)"')
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")


def _readme() -> str:
    return (ROOT / "README.md").read_text()


def _variables() -> set[str]:
    return set(_READ.findall((ROOT / "merchant_portal/settings.py").read_text()))


def test_every_variable_that_is_read_is_in_the_readme() -> None:
    assert len(_variables()) > 8
    assert [name for name in _variables() if f"`{name}`" not in _readme()] == []


def test_every_command_line_in_the_readme_names_a_command_that_exists() -> None:
    promised = set(re.findall(r"manage\.py (\w+)", _readme()))
    ours = {path.stem for path in files() if path.parts[-2:-1] == ("commands",)}
    theirs = {"migrate", "runserver", "check"}
    assert promised - ours - theirs == set()


@pytest.mark.parametrize(
    "page", [path for path in files() if path.suffix == ".md" and path.parts[0] != "tests"], ids=str
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = _LINK.findall((ROOT / page).read_text())
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def test_every_decision_has_its_own_number() -> None:
    numbers = [path.name[:4] for path in files() if path.parts[:2] == ("docs", "decisions")]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
