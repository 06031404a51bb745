"""The lines shown in docs/alipay.md and docs/statements.md do what they say."""

import re
from pathlib import Path

import pytest

from merchant_portal.alipay.signing import sign
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import PARTNER, QRCODE
from tests.alipay.statement_files import FOLDER

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "alipay.md"


def test_the_lines_of_the_documentation_run(
    gateway: LoopbackGateway, rsa2: RSAPair, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.replies = [reply(answer_xml({"qrcode": QRCODE}, rsa2.private, wrapper="qrcodeinfo"))]
    text = "out_trade_no=A1&total_fee=12.50&trade_status=TRADE_SUCCESS"
    signature = sign(text, rsa2.private).replace("+", "%2B")
    names = {
        "PRIVATE_KEY_TEXT": rsa2.private.pem,
        "ALIPAY_PUBLIC_KEY_TEXT": rsa2.public.pem,
        "PID": PARTNER,
        "GATEWAY_URL": gateway.url,
        "body": f"{text}&sign_type=RSA2&sign={signature}".encode(),
        "content_type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)
    assert capsys.readouterr().out.split("\n") == [QRCODE, "TRADE_SUCCESS 12.50 A1", ""]


def test_the_lines_about_nightly_files_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(FOLDER / "made")
    [block] = re.findall(r"```python\n(.*?)```", (DOCS / "statements.md").read_text("utf-8"), re.S)
    exec(block, {})
    printed = capsys.readouterr().out.splitlines()
    assert (printed[0], printed[-1]) == ("PAYMENT G0315-0001 AUD 36930", "ACCEPTED 13 0")
