"""The lines shown in docs/alipay.md and docs/statements.md do what they say."""

import re
from pathlib import Path

import pytest

from merchant_portal.alipay.json_api.signing import signature_header, signed_bytes
from merchant_portal.alipay.signing import RSAPrivateKey, sign
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import PARTNER, QRCODE, TRADE
from tests.alipay.statement_files import FOLDER

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "alipay.md"


def json_answer(key: RSAPrivateKey) -> bytes:
    """The JSON API's yes to the page's payment."""
    body = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"paymentRequestId":"A4",'
    body += b'"paymentId":"1"}'
    path, time = "/ams/sandbox/api/v1/payments/pay", "2026-11-20T19:50:04+08:00"
    content = signed_bytes("POST", path, client_id="SANDBOX_1", time=time, body=body)
    signature = signature_header(content, key, key_version="1")
    headers = [f"response-time: {time}", "client-id: SANDBOX_1", f"signature: {signature}"]
    return reply(body, content_type="application/json; charset=UTF-8", headers=headers)


def test_the_lines_of_the_documentation_run(
    gateway: LoopbackGateway, rsa2: RSAPair, capsys: pytest.CaptureFixture[str]
) -> None:
    paid = {"result_code": "SUCCESS", "partner_trans_id": "A2", "alipay_trans_id": TRADE}
    issued = {"result_code": "SUCCESS", "out_trade_no": "A3", "qr_code": QRCODE}
    gateway.replies = [
        reply(answer_xml({"qrcode": QRCODE}, rsa2.private, wrapper="qrcodeinfo")),
        reply(answer_xml(paid, rsa2.private)),
        reply(answer_xml(issued, rsa2.private)),
        json_answer(rsa2.private),
    ]
    text = "out_trade_no=A1&total_fee=12.50&trade_status=TRADE_SUCCESS"
    signature = sign(text, rsa2.private).replace("+", "%2B")
    names = {
        "PRIVATE_KEY_TEXT": rsa2.private.pem,
        "ALIPAY_PUBLIC_KEY_TEXT": rsa2.public.pem,
        "PID": PARTNER,
        "GATEWAY_URL": gateway.url,
        "JSON_URL": gateway.url.removesuffix("/gateway.do"),
        "DIGITS": "281010897274821897274821",
        "body": f"{text}&sign_type=RSA2&sign={signature}".encode(),
        "content_type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)
    printed = [QRCODE, "TRADE_SUCCESS 12.50 A1", f"PAID {QRCODE}", "PAID"]
    assert capsys.readouterr().out.splitlines() == printed


def test_the_lines_about_nightly_files_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(FOLDER / "made")
    [block] = re.findall(r"```python\n(.*?)```", (DOCS / "statements.md").read_text("utf-8"), re.S)
    exec(block, {})
    printed = capsys.readouterr().out.splitlines()
    assert (printed[0], printed[-1]) == ("PAYMENT G0315-0001 AUD 36930", "ACCEPTED 13 0")
