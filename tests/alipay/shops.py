"""Shops with an account at the small Alipay."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from merchant_portal.alipay.client import Contract, GatewayClient
from merchant_portal.alipay.messages import (
    CodeDetails,
    Notice,
    Posted,
    Region,
    TradeStatus,
    parse_posted,
    read_notice,
    verify_posted,
)
from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import HK_PARTNER, PARTNER
from tests.alipay_side import AlipaySide

MD5 = MD5Key("testkey0only0for0tests0testkey00")
NOTIFY_URL = "http://127.0.0.1/alipay/notify/of-nobody/"


@dataclass(frozen=True)
class Shop:
    """A contract with the small Alipay, a client for it, and what the shop is called there."""

    alipay: AlipaySide
    contract: Contract
    client: GatewayClient
    details: CodeDetails

    def code(self) -> str:
        return self.client.create_qrcode(self.details, notify_url=NOTIFY_URL).qrcode

    def paid(self, amount: str = "12.50") -> Posted:
        """A buyer pays; the notice Alipay would send now."""
        self.alipay.pay(self.code(), amount)
        return self.told()[0]

    def told(self) -> list[Posted]:
        """The notices Alipay would send now."""
        return [
            parse_posted(notice["body"].encode(), content_type=notice["content_type"])
            for notice in self.alipay.due()
        ]

    def believes(self, posted: Posted) -> bool:
        keys = self.contract.verifying_keys
        return verify_posted(posted, sign_type=self.contract.sign_type, keys=keys) is not None

    def status_of(self, order: str) -> TradeStatus:
        return self.client.query_payment(partner_trans_id=order).status

    def sold(self, amount: str = "12.50") -> Notice:
        """A buyer pays; what Alipay would tell of it."""
        return read_notice(self.paid(amount))


EVERY_ACCOUNT = [(region, sign_type) for region in Region for sign_type in SignType]
OpenShop = Callable[[Region, SignType], Shop]


def contract_with(
    alipay: AlipaySide, region: Region, sign_type: SignType, pair: RSAPair
) -> Contract:
    partner = HK_PARTNER if region is Region.HK else PARTNER
    said = alipay.add_partner(
        partner_id=partner,
        region=region.value,
        sign_types=list(dict.fromkeys([sign_type.value, "MD5"])),
        md5_key=MD5.secret,
        merchant_public_key_pem=pair.public.pem,
    )
    common = Contract(
        partner=partner,
        region=region,
        sign_type=sign_type,
        gateway_url=alipay.gateway_url,
        signing_key=MD5,
        verifying_keys=(MD5,),
        md5_key=MD5,
    )
    if sign_type is SignType.MD5:
        return common
    return replace(
        common,
        signing_key=type(pair.private)(pair.private.pem, sign_type),
        verifying_keys=(RSAPublicKey(said["alipay_public_key_pem"], sign_type),),
    )
