"""Minor units and the gateway's decimals cannot be mixed up, by the checker and when it runs."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.json_api.amounts import MinorAmount, fit_amount
from merchant_portal.money import Money

ROOT = Path(__file__).parents[2]
MIXED_UP = """
from merchant_portal.alipay.fitting import refuse_amount
from merchant_portal.alipay.json_api.amounts import MinorAmount, fit_amount
from decimal import Decimal

refuse_amount("a", "12.50", currency="USD", largest=Decimal(100))
fit_amount("a", MinorAmount(1250, "USD"))
refuse_amount("a", MinorAmount(1250, "USD"), currency="USD", largest=Decimal(100))
fit_amount("a", "12.50")
MinorAmount("1250", "USD")
MinorAmount(Decimal("12.50"), "USD")
"""


@pytest.mark.parametrize("value", ["1250", "12.50", 12.5, Decimal(1250), True, None, -1, 10**16])
def test_only_whole_minor_units_are_an_amount(value: object) -> None:
    with pytest.raises(RequestInvalid):
        MinorAmount(value, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["usd", "", "USDT", None, 840])
def test_a_currency_is_three_capitals(currency: object) -> None:
    with pytest.raises(RequestInvalid):
        MinorAmount(1, currency)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["12.50", "1250", 1250, Decimal("12.50"), Money(1250, "USD")])
def test_no_other_amount_is_taken_for_one(wrong: object) -> None:
    with pytest.raises(RequestInvalid, match="MinorAmount"):
        fit_amount("paymentAmount", wrong)  # type: ignore[arg-type]


@given(st.integers(0, 10**16 - 1), st.text("ABCXYZ", min_size=3, max_size=3))
def test_what_is_written_is_read_back(value: int, currency: str) -> None:
    amount = MinorAmount(value, currency)
    assert amount.as_members() == {"currency": currency, "value": str(value)}
    assert MinorAmount.read(amount.as_members()) == amount


@pytest.mark.parametrize("value", ["12.50", "", "01", "-1", "+1", " 1", "１", "1" * 17, 1250, None])
def test_what_is_no_amount_is_not_read(value: object) -> None:
    with pytest.raises(ValueError, match="digits"):
        MinorAmount.read({"currency": "USD", "value": value})


@pytest.mark.timeout(400)
def test_the_type_checker_refuses_the_mix_and_only_the_mix(tmp_path: Path) -> None:
    program = tmp_path / "mixed_up.py"
    program.write_text(MIXED_UP)
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    command = [sys.executable, "-m", "mypy", "--config-file", str(settings)]
    checked = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), str(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=380,
    )
    found = [line for line in checked.stdout.splitlines() if ": error:" in line]
    assert [int(line.split(":")[1]) for line in found] == [8, 9, 10, 11], checked.stdout
    assert all("[arg-type]" in line for line in found)
