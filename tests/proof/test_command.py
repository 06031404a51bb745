"""verify_evidence: exit 0 for what is verified, 1 with a clear line for anything else."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from merchant_portal.evidence.archive import pack
from merchant_portal.proof import pack_evidence
from payments.models import Payment
from tests.factories import TEST_MD5_KEY
from tests.proof.conftest import repacked


@pytest.fixture
def file(tmp_path: Path, opened: dict[str, bytes]) -> Path:
    place = tmp_path / "evidence.zip"
    place.write_bytes(pack(opened))
    return place


def _told(*args: object) -> str:
    out = StringIO()
    call_command("verify_evidence", *map(str, args), stdout=out)
    return out.getvalue()


def test_a_good_file_is_verified(file: Path) -> None:
    told = _told(file)
    assert "VERIFIED" in told
    assert "N1: RSA2 signature holds" in told


def test_a_changed_file_is_refused_with_a_line(file: Path, opened: dict[str, bytes]) -> None:
    body = opened["notifications/N1/body.bin"].replace(b"12.50", b"99.50")
    file.write_bytes(repacked(opened, **{"notifications/N1/body.bin": body}))
    with pytest.raises(CommandError, match="REFUSED: N1: the sign"):
        _told(file)


def test_json_says_the_same(file: Path) -> None:
    told = json.loads(_told(file, "--json"))
    assert (told["outcome"], told["refusals"]) == ("verified", [])
    assert told["facts"]["amount"] == "12.50"


def test_a_secret_is_read_from_a_file(tmp_path: Path, paid_md5: Payment) -> None:
    place, secret = tmp_path / "evidence.zip", tmp_path / "md5"
    place.write_bytes(pack_evidence(paid_md5))
    secret.write_text(f"{TEST_MD5_KEY}\n")
    assert "VERIFIED" in _told(place, "--md5-key-file", secret)
    with pytest.raises(CommandError, match="NOT PROVEN"):
        _told(place)


def test_alipays_key_from_a_file_must_be_the_one(
    file: Path, tmp_path: Path, opened: dict[str, bytes]
) -> None:
    key = tmp_path / "alipay.pem"
    key.write_bytes(opened["keys/K1.pem"])
    assert "VERIFIED" in _told(file, "--alipay-public-key-file", key)


@pytest.mark.parametrize("option", ["--md5-key-file", "--alipay-public-key-file"])
def test_a_key_that_is_none_is_refused(option: str, file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_text("")
    with pytest.raises(CommandError, match="holds no"):
        _told(file, option, empty)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        _told(tmp_path / "nothing.zip")


def test_another_machine_needs_neither_our_database_nor_our_keys(
    file: Path, tmp_path: Path
) -> None:
    """A machine whose database nobody can reach, and whose keys are its own."""
    elsewhere = {
        "PATH": "",
        "VAR_DIR": str(tmp_path / "var"),
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_evidence", str(file)],
        cwd=settings.BASE_DIR,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "VERIFIED" in done.stdout
