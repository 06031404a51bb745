"""The sample messages in tests/samples/alipay, and the keys they are signed with."""

import json
from pathlib import Path
from typing import TypedDict

from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType, VerifyingKey

FOLDER = Path(__file__).parent.parent / "samples" / "alipay"
SAMPLE_KEY = MD5Key("samplekey0samplekey0samplekey012")
PARTNER = "2088123456789012"
HK_PARTNER = "2088123456789029"
QRCODE = "https://qr.alipay.com/ocx01234abcdefghjkmnp56"
ORDER = "2026112019500012345678901234"
TRADE = "2026112022001400000000000001"


class Vector(TypedDict, total=False):
    file: str | None
    kind: str
    pre_sign: str
    key: str
    public_key_pem: str
    sign_type: str
    charset: str
    sign: str


def vectors() -> list[Vector]:
    groups: dict[str, list[Vector]] = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
    return [vector for group in groups.values() for vector in group]


def vector_of(file: str) -> Vector:
    return next(vector for vector in vectors() if vector.get("file") == file)


def verifying_key(vector: Vector) -> VerifyingKey:
    if "key" in vector:
        return MD5Key(vector["key"])
    return RSAPublicKey(vector["public_key_pem"], SignType(vector["sign_type"]))


def sample_bytes(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def on_the_wire(file: str) -> str:
    """The part of a request file that travels: the address line, and a body below it if any."""
    _, _, rest = sample_bytes(file).decode("utf-8").partition("## on the wire\n")
    return rest.partition("\n## ")[0].strip()


def posted_body(file: str) -> bytes:
    """The body of a POSTed sample: its last line on the wire."""
    return on_the_wire(file).splitlines()[-1].encode("ascii")


def request_files() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*-request*.txt"))


def answer_files() -> list[str]:
    """The signed answers; 03 is a refusal without a signature."""
    return sorted(path.name for path in FOLDER.glob("*-response*.xml"))
