"""A variable that is set but unusable stops the program with its name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _read(variable: str, value: str, var: Path) -> subprocess.CompletedProcess[str]:
    """The setting as a program started with the variable reads it."""
    command = f"from django.conf import settings; print(settings.{variable})"
    return subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "VAR_DIR": str(var),
            "DJANGO_SETTINGS_MODULE": "merchant_portal.settings",
            variable: value,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BARCODE_WAIT_SECONDS", "9"),
        ("BARCODE_WAIT_SECONDS", "181"),
        ("SALE_CANCEL_LADDER_SECONDS", "4"),
        ("SALE_CANCEL_LADDER_SECONDS", "5,10,20,30,60"),
    ],
)
def test_times_that_alipay_does_not_allow_stop_the_program(
    variable: str, value: str, tmp_path: Path
) -> None:
    started = _read(variable, value, tmp_path)
    assert started.returncode != 0
    assert f"ImproperlyConfigured: {variable} must be " in started.stderr


@pytest.mark.parametrize(
    ("variable", "value", "read"),
    [("BARCODE_WAIT_SECONDS", "20", "20"), ("SALE_CANCEL_LADDER_SECONDS", "5,7", "[5, 7]")],
)
def test_times_within_the_bounds_are_taken(
    variable: str, value: str, read: str, tmp_path: Path
) -> None:
    assert _read(variable, value, tmp_path).stdout.strip() == read
