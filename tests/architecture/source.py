"""The project's own source, for tests that read it."""

import ast
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("merchant_portal", "qrcodes", "payments", "refunds", "reconciliation")


@lru_cache(maxsize=1)
def files() -> tuple[Path, ...]:
    """Every file of the project, tracked or new, relative to its root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        found = [Path(line) for line in listed.stdout.splitlines()]
    else:  # unpacked from an archive
        found = [path.relative_to(ROOT) for top in (*APPS, "tests", "templates", "docs", "bench")
                 for path in (ROOT / top).rglob("*")]  # fmt: skip
    return tuple(sorted(path for path in found if (ROOT / path).is_file()))


def python_of(*tops: str) -> Iterator[tuple[Path, ast.Module]]:
    """Parsed modules below the given folders, migrations left out."""
    for path in files():
        if path.suffix == ".py" and path.parts[0] in tops and "migrations" not in path.parts:
            yield path, ast.parse((ROOT / path).read_text())


def templates() -> Iterator[tuple[Path, str]]:
    """Pages of the portal, and of the small Alipay."""
    for path in files():
        if path.suffix == ".html":
            yield path, (ROOT / path).read_text()
