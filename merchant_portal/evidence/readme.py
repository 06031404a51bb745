"""The page that lies in every evidence file, for somebody who has never seen the portal."""

from merchant_portal.evidence.manifest import Facts, Manifest

_TEXT = """\
EVIDENCE ABOUT ONE PAYMENT
==========================

{amount} {currency}
Alipay's number:        {alipay}
Merchant order number:  {partner}
State:                  {state}
Paid at:                {paid_at}
Paid to:                {account}, Alipay partner id {partner_id} ({region})
Where:                  {store}{counter}

What this is
------------
A shop takes payments through Alipay. Alipay tells the shop about each payment with a signed
message, answers questions about it with signed answers, and lists it the night after in a file.
This ZIP holds what Alipay said about this one payment, byte for byte as it arrived, and what the
shop's books say of it.

What is in it
-------------
manifest.json              the facts of the payment, what each file is, and the SHA-256 of each
notifications/N1/body.bin  a message as Alipay posted it
   signed-string.txt       the text of it that Alipay signed
   signature.txt           the signature{headers}
calls/C1/request.txt       a question or an instruction to Alipay: the text that the shop signed
   answer.bin              Alipay's answer as it came{answer_headers}
keys/                      Alipay's public keys, which verify what Alipay signed
lines/                     the payment's lines in Alipay's nightly files, with the files' headings
ledger.json                the entries in the shop's ledger
moves.json                 what happened to the payment, its cancels and its refunds, in order

How to check it
---------------
With a copy of the merchant portal, on any machine, without its database:

    python manage.py verify_evidence THIS_FILE.zip

It says VERIFIED only if no file was changed, removed or added, every signature holds, and numbers
and amounts in Alipay's own words equal the facts. Without the portal: the signed string is the
posted fields, decoded, without sign, sign_type and empty ones, sorted by name, joined as name=value
with &. RSA2 is RSA with SHA-256, RSA is RSA with SHA-1, both with PKCS #1 v1.5 padding:

    openssl dgst -sha256 -verify keys/K1.pem -signature signature.der signed-string.txt

{messages}{answers}where signature.der is the base64 of signature.txt, decoded.

What it proves, and what it does not
------------------------------------
{proof}
The nightly files carry no signature: a line proves what the shop's copy of the file says. The
SHA-256 of the whole file is in manifest.json; Alipay can send the same file again.
The ledger and the moves are the shop's own records.
"""

_HEADERS = """
   headers.json            of a message of Alipay's JSON API: what is signed beside its body"""

_ANSWER_HEADERS = """
   headers.json            of an answer of Alipay's JSON API: what is signed beside its body"""

_ANSWERS = """\
Where an answer has a headers.json, the signed string is the method, a blank, and the path of the
request, a new line, the client id, a dot, the answer's response time, a dot, and the answer as it
came; it is signed with RSA2.
"""

_MESSAGES = """\
Where there is a headers.json, the signed string is POST and its path, a new line, its client id, a
dot, its request time, a dot, and the body as it came; it is signed with RSA2.
"""

_RSA = """\
Messages signed with RSA or RSA2 can have been made only by whoever holds the private half of the
key in keys/. That this key is Alipay's, compare with Alipay: the key is shown to every merchant on
Alipay's own portal, and its SHA-256 is in manifest.json. verify_evidence compares it for you with
--alipay-public-key-file.
"""

_MD5 = """\
Messages marked MD5 ({which}) are signed with a secret that Alipay and the shop
share. THEY CANNOT BE VERIFIED BY A THIRD PARTY: whoever knows the secret can verify them, and could
also have made them. The secret is not in this file. manifest.json says whether each one held when
the portal checked it; somebody who has the secret can check with --md5-key-file.
"""

_NOTHING = """\
Nothing in this file is signed by Alipay. It shows what the shop's records say, and no more.
"""


def readme(manifest: Manifest) -> bytes:
    """README.txt of an evidence file."""
    facts = manifest.payment
    has_answers = any(call.headers for call in manifest.calls)
    has_messages = any(notice.headers for notice in manifest.notifications)
    return _TEXT.format(
        amount=facts.amount,
        currency=facts.currency,
        alipay=facts.alipay_trans_id or "-",
        partner=facts.partner_trans_id or "-",
        state=facts.state,
        paid_at=facts.paid_at or "-",
        account=facts.account,
        partner_id=facts.partner_id,
        region=facts.region,
        store=facts.store or "-",
        counter=_counter(facts),
        proof=_proof(manifest),
        headers=_HEADERS if has_messages else "",
        messages=_MESSAGES if has_messages else "",
        answer_headers=_ANSWER_HEADERS if has_answers else "",
        answers=_ANSWERS if has_answers else "",
    ).encode()


def _counter(facts: Facts) -> str:
    return f" / {facts.counter}" if facts.counter else ""


def _proof(manifest: Manifest) -> str:
    signed = [(each.id, each.sign_type) for each in manifest.notifications]
    signed += [(each.id, each.sign_type) for each in manifest.calls if each.key]
    by_secret = ", ".join(name for name, sign_type in signed if sign_type == "MD5")
    parts = [_RSA] if any(sign_type != "MD5" for _name, sign_type in signed) else []
    parts += [_MD5.format(which=by_secret)] if by_secret else []
    return "\n".join(parts or [_NOTHING])
