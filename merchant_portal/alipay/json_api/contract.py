"""One client's terms for the JSON API, and our choices where its pages are silent."""

import re
from dataclasses import dataclass, field

from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.contract import refuse_address
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.json_api.words import Call, TimeForm
from merchant_portal.alipay.signing import RSAPrivateKey, RSAPublicKey, SignType

SANDBOX_CLIENT = "SANDBOX_"
PREFIX = "/ams/api"
SANDBOX_PREFIX = "/ams/sandbox/api"

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_key_version = re.compile(r"[0-9]{1,8}")
_prefix = re.compile(r"(/[A-Za-z0-9_.-]+)+")
_token = re.compile(r"[!-~]{8,1024}")


def fits_agent_token(text: str) -> bool:
    """Whether a text can be an agent token: 8 to 1024 characters that a header carries."""
    return _token.fullmatch(text) is not None


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """Longest texts of an order, which the in-store page itself does not state."""

    merchant_mcc: int = 32
    merchant_name: int = 256
    store_name: int = 256
    other: int = 256


@dataclass(frozen=True, kw_only=True)
class JSONChoices:
    """What Alipay's pages leave open. Each default is explained in docs/alipay.md."""

    path_prefix: str = ""
    """Empty: by the client id, `/ams/sandbox/api` for those that begin `SANDBOX_`."""
    request_time_form: TimeForm = TimeForm.ISO8601
    unsigned_refusals: frozenset[str] = frozenset({"SIGNATURE_INVALID", "INVALID_SIGNATURE"})
    """Codes that may come without a signature; they end a first attempt only."""
    doubtful_codes: frozenset[str] = frozenset(
        {
            "SYSTEM_ERROR",
            "UNKNOWN_EXCEPTION",
            "REQUEST_TRAFFIC_EXCEED_LIMIT",
            "PAYMENT_IN_PROCESS",
            "REFUND_IN_PROCESS",
        }
    )
    """Codes that end nothing, also where a result F carries them."""
    refund_under_way: frozenset[str] = frozenset({"REFUND_IN_PROCESS"})
    """Codes of a result U which say that a refund is recorded."""
    longest_expiry_seconds: int = 1800
    """How far ahead the end of an order's code may lie."""
    lengths: Lengths = Lengths()
    timeout_seconds: float | None = None
    """For connecting and for each read; None leaves it to the HTTP client."""
    answer_within_seconds: float = 30.0
    """For one whole answer."""


@dataclass(frozen=True, kw_only=True)
class JSONContract:
    """Who we are to the JSON API and with which keys.

    `base_url` is an address without a path, such as `Host.ASIA.url`. `agent_token` is an
    integrator's with a contract of its own; it is hidden like a payment code.
    """

    client_id: str
    base_url: str
    signing_key: RSAPrivateKey | None
    verifying_keys: tuple[RSAPublicKey, ...]
    key_version: str = "1"
    spare_url: str = ""
    agent_token: Secret | None = None
    choices: JSONChoices = field(default_factory=JSONChoices)

    def path_of(self, call: Call) -> str:
        """The path as it is sent, which is the path that is signed."""
        sandbox = self.client_id.startswith(SANDBOX_CLIENT)
        prefix = self.choices.path_prefix or (SANDBOX_PREFIX if sandbox else PREFIX)
        return f"{prefix}/v1/payments/{call.value}"

    def key(self) -> RSAPrivateKey:
        """The key that signs; RequestInvalid where no call could be made under these terms."""
        self.refuse_unfit()
        if self.signing_key is None:
            raise RequestInvalid("signing_key", "the account has no key to sign with")
        return self.signing_key

    def refuse_unfit(self) -> None:
        if not CLIENT_ID.fullmatch(self.client_id):
            raise RequestInvalid("client_id", "missing, or not letters and digits")
        if not _key_version.fullmatch(self.key_version):
            raise RequestInvalid("key_version", "not a number")
        if self.choices.path_prefix and not _prefix.fullmatch(self.choices.path_prefix):
            raise RequestInvalid("path_prefix", "not a path such as /ams/api")
        for name, address in (("base_url", self.base_url), ("spare_url", self.spare_url)):
            if address or name == "base_url":
                refuse_address(name, address)
                if address.count("/") != 2 or "?" in address or "#" in address:
                    raise RequestInvalid(name, "an address without a path is wanted")
        self._refuse_keys()

    def _refuse_keys(self) -> None:
        keys = (self.signing_key, *self.verifying_keys)
        if not self.verifying_keys:
            raise RequestInvalid("verifying_keys", "no key of Alipay's")
        if any(key and key.sign_type is not SignType.RSA2 for key in keys):
            raise RequestInvalid("signing_key", "the JSON API takes RSA2 keys only")
        if self.agent_token is not None and not fits_agent_token(self.agent_token.reveal()):
            raise RequestInvalid("agent_token", "too short, or characters that no header carries")
