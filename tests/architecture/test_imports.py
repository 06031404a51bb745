"""What import contracts cannot say by themselves."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator

import pytest

from tests.architecture.source import ROOT, files

#: They start or configure the program and are imported by Django, not by modules of ours.
_OUTSIDE_THE_LAYERS = frozenset(
    {"adapters", "apps", "broker", "celery", "middleware", "settings", "templatetags", "wsgi"}
)


def _layered() -> Iterator[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    house = contracts["contracts"][0]["layers"]
    for line in house:
        yield from (name.strip(" ()") for name in line.split("|"))


def test_every_module_of_the_portal_stands_in_a_layer() -> None:
    modules = {
        path.parts[1].removesuffix(".py")
        for path in files()
        if path.parts[0] == "merchant_portal" and path.suffix == ".py"
    } - {"__init__", "migrations", "simulator"}
    named = {name.removeprefix("merchant_portal.") for name in _layered()}
    assert modules - _OUTSIDE_THE_LAYERS - named == set()


@pytest.mark.parametrize("package", ["merchant_portal.alipay", "merchant_portal.simulator"])
def test_it_can_be_used_without_a_web_framework(package: str) -> None:
    program = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module({package!r})\n"
        "for each in pkgutil.iter_modules(package.__path__):\n"
        "    if each.name != '__main__':\n"
        f"        importlib.import_module({package!r} + '.' + each.name)\n"
        "print(sorted({'django', 'celery', 'rest_framework'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
