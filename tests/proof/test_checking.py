"""An evidence file is believed only if it is whole, unchanged, and borne out by Alipay."""

import io
import json
import struct
import zipfile
from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.signing import MD5Key, RSAPrivateKey, RSAPublicKey, SignType, sign
from merchant_portal.audit import Actor
from merchant_portal.evidence.archive import MANIFEST, pack
from merchant_portal.evidence.checking import Judgement, Keys, Outcome, check_evidence
from merchant_portal.evidence.manifest import as_json
from merchant_portal.evidence.signatures import key_digest
from merchant_portal.models import User
from merchant_portal.proof import pack_evidence
from payments.models import Payment
from tests.accounts.key_texts import rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import TEST_MD5_KEY
from tests.proof.conftest import manifest_of, members_of, repacked, with_facts
from tests.reconciliation import nights
from tests.refunds.giving import ask_for, tick

BODY = "notifications/N1/body.bin"


def judged(raw: bytes, **keys: object) -> Judgement:
    return check_evidence(raw, keys=Keys(**keys))  # type: ignore[arg-type]


def refused(raw: bytes) -> str:
    """Why a file is refused."""
    judgement = judged(raw)
    assert judgement.outcome is Outcome.REFUSED
    return " ".join(judgement.refusals)


def test_what_the_portal_packs_is_verified(paid: Payment) -> None:
    judgement = judged(pack_evidence(paid))
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert [line.partition(":")[0] for line in judgement.proven] == ["N1", "C1"]


def test_the_same_state_gives_the_same_bytes(paid: Payment) -> None:
    assert pack_evidence(paid) == pack_evidence(Payment.objects.get(pk=paid.pk))


def test_no_secret_is_in_the_file(paid: Payment) -> None:
    private, _public = rsa_pair()
    whole = b"".join(members_of(pack_evidence(paid)).values())
    assert b"PRIVATE" not in whole
    assert private.splitlines()[1].encode() not in whole


def test_the_md5_secret_is_not_in_the_file(paid_md5: Payment) -> None:
    whole = b"".join(members_of(pack_evidence(paid_md5)).values())
    assert TEST_MD5_KEY.encode() not in whole


def test_without_the_secret_md5_proves_nothing_and_says_so(paid_md5: Payment) -> None:
    judgement = judged(pack_evidence(paid_md5))
    assert judgement.outcome is Outcome.UNPROVEN
    assert "nobody can verify it without the secret" in judgement.remarks[0]


def test_the_page_inside_says_that_md5_proves_nothing_to_others(paid_md5: Payment) -> None:
    page = members_of(pack_evidence(paid_md5))["README.txt"].decode()
    assert "THEY CANNOT BE VERIFIED BY A THIRD PARTY" in page


def test_with_the_secret_md5_is_verified(paid_md5: Payment) -> None:
    judgement = judged(pack_evidence(paid_md5), md5=[MD5Key(TEST_MD5_KEY)])
    assert judgement.outcome is Outcome.VERIFIED, judgement


def test_another_secret_verifies_nothing(paid_md5: Payment) -> None:
    judgement = judged(pack_evidence(paid_md5), md5=[MD5Key("another0secret0that0is0not0theirs")])
    assert judgement.outcome is Outcome.REFUSED


@pytest.mark.parametrize("name", [BODY, "ledger.json", "moves.json", "keys/K1.pem", "README.txt"])
def test_a_member_that_was_changed_is_named(name: str, opened: dict[str, bytes]) -> None:
    assert f"{name} was changed" in refused(pack(opened | {name: opened[name] + b" "}))


def test_a_member_that_is_missing_is_named(opened: dict[str, bytes]) -> None:
    kept = {name: content for name, content in opened.items() if name != BODY}
    assert f"{BODY} is missing" in refused(pack(kept))


def test_a_member_that_was_added_is_named(opened: dict[str, bytes]) -> None:
    assert "note.txt is not in the manifest" in refused(pack(opened | {"note.txt": b"all is well"}))


def test_a_body_changed_with_every_digest_is_still_refused(opened: dict[str, bytes]) -> None:
    body = opened[BODY].replace(b"total_fee=12.50", b"total_fee=99.50")
    assert "N1: the signature does not hold" in refused(repacked(opened, **{BODY: body}))


@pytest.mark.parametrize("member", ["signed-string.txt", "signature.txt"])
def test_what_follows_from_the_body_must_be_what_follows(
    member: str, opened: dict[str, bytes]
) -> None:
    name = f"notifications/N1/{member}"
    assert "is not the one" in refused(repacked(opened, **{name: b"something else"}))


def test_an_answer_changed_with_every_digest_is_still_refused(opened: dict[str, bytes]) -> None:
    answer = opened["calls/C1/answer.bin"].replace(b"12.50", b"99.50")
    changed = repacked(opened, **{"calls/C1/answer.bin": answer})
    assert "C1: the answer's signature does not hold" in refused(changed)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"amount": "99.50", "amount_minor": 9950}, "No word of Alipay's bears out the amount"),
        ({"amount": "99.50"}, "the amount is written as 99.50"),
        ({"currency": "EUR"}, "bears out the amount of EUR"),
        ({"alipay_trans_id": "2026"}, "Alipay says Alipay's number is"),
        ({"partner_trans_id": "7"}, "Alipay says the merchant order number is"),
        ({"partner_id": "2088000000000999"}, "Alipay says the seller is"),
        ({"paid_at": "2020-01-01T00:00:00+00:00"}, "bears out that it was paid at"),
        ({"refunded_minor": 5}, "By the ledger 0 minor units are refunded"),
        ({"store": "Another shop"}, "README.txt is not the page"),
        ({"paid_at": "yesterday"}, "not readable"),
        ({"amount_minor": "12"}, "not what it should be"),
        ({"currency": "XXX"}, "not readable"),
        ({"more": 1}, "other fields"),
    ],
)
def test_facts_that_alipay_does_not_bear_out_are_refused(
    facts: dict[str, object], said: str, opened: dict[str, bytes]
) -> None:
    assert said in refused(repacked(with_facts(opened, **facts)))


def test_a_ledger_that_books_another_amount_is_refused(opened: dict[str, bytes]) -> None:
    entries = json.loads(opened["ledger.json"])
    entries[0]["amount_minor"] = 9950
    assert "The ledger books USD 99.50" in refused(
        repacked(opened, **{"ledger.json": as_json(entries)})
    )


def _forged(opened: dict[str, bytes]) -> bytes:
    """All of it made anew by somebody with a key pair of their own."""
    private, public = rsa_pair(1)
    manifest = manifest_of(opened)
    string = opened["notifications/N1/signed-string.txt"].decode()
    signature = sign(string, RSAPrivateKey(private, SignType.RSA2))
    pairs = [*(pair.split("=", 1) for pair in string.split("&")), ["sign_type", "RSA2"]]
    body = urlencode([*map(tuple, pairs), ("sign", signature)]).encode()
    manifest["keys"][0]["sha256"] = key_digest(RSAPublicKey(public, SignType.RSA2))
    manifest["calls"] = []
    kept = {name: raw for name, raw in opened.items() if not name.startswith("calls/")}
    return repacked(
        kept | {MANIFEST: as_json(manifest)},
        **{
            BODY: body,
            "notifications/N1/signature.txt": signature.encode(),
            "keys/K1.pem": public.encode(),
        },
    )


def test_a_forgery_with_a_key_of_its_own_is_refused_once_alipays_key_is_given(
    opened: dict[str, bytes],
) -> None:
    forged = _forged(opened)
    alipays = RSAPublicKey(opened["keys/K1.pem"].decode(), SignType.RSA2)
    judgement = judged(forged, pinned=[alipays])
    assert judgement.outcome is Outcome.REFUSED
    assert "is not the key of Alipay's that you gave" in judgement.refusals[0]


def test_the_right_key_of_alipays_is_taken(opened: dict[str, bytes]) -> None:
    alipays = RSAPublicKey(opened["keys/K1.pem"].decode(), SignType.RSA)
    assert judged(pack(opened), pinned=[alipays]).outcome is Outcome.VERIFIED


def test_an_answer_that_is_said_to_be_signed_and_is_not_there_is_refused(
    opened: dict[str, bytes],
) -> None:
    manifest = manifest_of(opened)
    manifest["calls"][0]["answer"] = ""
    changed = repacked(opened | {MANIFEST: as_json(manifest)})
    assert "C1: the answer's signature does not hold" in refused(changed)


def test_evidence_without_anything_signed_is_not_proven(opened: dict[str, bytes]) -> None:
    manifest = manifest_of(opened)
    manifest["notifications"] = manifest["calls"] = []
    kept = {name: raw for name, raw in opened.items() if name[:2] not in {"no", "ca"}}
    judgement = judged(repacked(kept | {MANIFEST: as_json(manifest)}))
    assert judgement.outcome is not Outcome.VERIFIED


def test_no_file_at_all_is_refused() -> None:
    assert "not a whole ZIP" in refused(b"this is a text")


def test_a_cut_file_is_refused(opened: dict[str, bytes]) -> None:
    assert refused(pack(opened)[:-100])


def test_a_zip_of_something_else_is_refused() -> None:
    assert "no manifest.json" in refused(pack({"a.txt": b"a"}))


def test_a_manifest_that_is_none_is_refused(opened: dict[str, bytes]) -> None:
    for content in (b"", b"[]", b"{" * 100_000, b"\xff", b'{"a": 1, "a": 2}'):
        assert refused(pack(opened | {MANIFEST: content}))


def test_a_later_version_is_not_guessed_at(opened: dict[str, bytes]) -> None:
    manifest = manifest_of(opened) | {"version": 2}
    assert "version is not 1" in refused(pack(opened | {MANIFEST: as_json(manifest)}))


@pytest.mark.parametrize(
    "name", ["../out.txt", "/etc/passwd", "a\\b", "a//b", "C:/x", "./a", "a/../b", "a\nb", "a/"]
)
def test_a_name_that_leads_out_is_refused(name: str, opened: dict[str, bytes]) -> None:
    assert "member name" in refused(pack(opened | {name: b"x"}))


def _zip(write: Callable[[zipfile.ZipFile], None], *, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", kind) as archive:
        write(archive)
    return buffer.getvalue()


def test_a_bomb_is_refused_without_unpacking_it() -> None:
    assert "larger than" in refused(_zip(lambda file: file.writestr("a", bytes(70_000_000))))


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    raw = bytearray(_zip(lambda file: file.writestr("a", bytes(70_000_000))))
    honest = struct.pack("<I", 70_000_000)
    lying = bytes(raw).replace(honest, struct.pack("<I", 1_000))
    assert refused(lying)


def test_too_many_members_are_refused() -> None:
    assert "members" in refused(pack({f"m{number}": b"" for number in range(4_001)}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused() -> None:
    def twice(file: zipfile.ZipFile) -> None:
        file.writestr("a", b"1")
        file.writestr("a", b"2")

    assert "there twice" in refused(_zip(twice))


def test_a_link_is_refused() -> None:
    def link(file: zipfile.ZipFile) -> None:
        member = zipfile.ZipInfo("a")
        member.external_attr = 0o120777 << 16
        file.writestr(member, b"/etc/passwd")

    assert "is a link" in refused(_zip(link))


def test_refunds_and_the_nights_line_are_part_of_it(
    midday: None, paid: Payment, rsa_account: Account, alipay: AlipaySide, finance: User
) -> None:
    ask_for(paid, "3.00", Actor.person(finance))
    tick()
    nights.compare_night(rsa_account, alipay)
    paid.refresh_from_db()
    raw = pack_evidence(paid)
    members = members_of(raw)
    judgement = judged(raw)
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert paid.alipay_trans_id.encode() in members["lines/L1.txt"]
    assert [line["found"] for line in manifest_of(members)["lines"]] == ["MATCHED", "MATCHED"]
