"""The suite on the newest Python present with the newest Django, in an environment of its own.

What fails here will fail everybody one day: deprecations are mended while they are only warnings.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".venv-next"
_VERSION = "import sys; print(*sys.version_info[:3])"


def main() -> int:
    """Make or refresh the environment, say what is in it, run the suite there."""
    version, python = max(_pythons())
    if not _is_of(version):
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([python, "-m", "venv", ENVIRONMENT], check=True)
    inside = str(ENVIRONMENT / "bin/python")
    requirements = ENVIRONMENT / "requirements.txt"
    requirements.write_text(_lift_django((ROOT / "requirements.txt").read_text()))
    pip = [inside, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
    subprocess.run([*pip, "-r", requirements], check=True)
    django = _ask(inside, "import django; print(django.__version__)")
    print(f"Python {'.'.join(map(str, version))}, Django {django}", flush=True)
    command = [inside, "tests/run.py", "--suite-only", *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _pythons() -> Iterator[tuple[tuple[int, ...], str]]:
    """Every Python 3 that can be started, with its version."""
    for path in _candidates():
        answer = _ask(path, _VERSION)
        if answer:
            yield tuple(int(part) for part in answer.split()), path


def _candidates() -> Iterator[str]:
    names = ["python3", *(f"python3.{minor}" for minor in range(11, 30))]
    yield from filter(None, map(shutil.which, names))
    pyenv = shutil.which("pyenv")
    if pyenv:
        root = subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True)
        yield from map(str, Path(root.stdout.strip()).glob("versions/3.*/bin/python3"))


def _ask(python: str, program: str) -> str:
    """What a one-line program prints; empty where this Python cannot be started."""
    asked = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _is_of(version: tuple[int, ...]) -> bool:
    inside = ENVIRONMENT / "bin/python"
    return inside.exists() and _ask(str(inside), _VERSION) == " ".join(map(str, version))


def _lift_django(requirements: str) -> str:
    """The requirements with Django as new as there is; everything else stays as pinned."""
    return re.sub(r"^django==(.*)$", r"django>=\1", requirements, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
