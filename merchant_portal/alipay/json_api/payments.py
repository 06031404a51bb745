"""`pay` at the counter: by the code a buyer shows, or by a code made for one order.

Pages: docs.antom.com/ac/ams/upm and /oc.
"""

from dataclasses import dataclass, field
from datetime import datetime

from merchant_portal.alipay.answers import no_answer
from merchant_portal.alipay.contract import refuse_address
from merchant_portal.alipay.errors import NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import fit_text, refuse_currency
from merchant_portal.alipay.json_api.amounts import MinorAmount, fit_amount
from merchant_portal.alipay.json_api.answers import (
    Members,
    MembersUnreadable,
    Result,
    read_answer,
    refuse_failed,
    refuse_other,
    refuse_other_amount,
)
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.orders import Order, fit_id, kept, refuse_country
from merchant_portal.alipay.json_api.words import (
    Call,
    CodeValueType,
    DisplayType,
    PayOutcome,
    ResultStatus,
    Scenario,
)
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.times import iso8601
from merchant_portal.alipay.words import Region

PRODUCT = "IN_STORE_PAYMENT"
METHOD = "CONNECT_WALLET"
URL_LENGTH = 2048


@dataclass(frozen=True, kw_only=True)
class PayRequest:
    """One payment. With `payment_code` the buyer's code is charged, without it one is issued.

    `expires_at` is always said: pages name three defaults. `redirect_url` is for issued codes.
    """

    payment_request_id: str
    order: Order
    amount: MinorAmount
    notify_url: str
    expires_at: datetime
    payment_code: PaymentCode | None = None
    settlement_currency: str = ""
    merchant_region: str = ""
    redirect_url: str = ""

    @property
    def scenario(self) -> Scenario:
        return Scenario.PAYMENT_CODE if self.payment_code else Scenario.ORDER_CODE

    def as_members(self, contract: JSONContract, *, now: datetime) -> dict[str, object]:
        """The JSON members, the code among them; RequestInvalid if unfit."""
        self.refuse_unfit(contract, now)
        code = self.payment_code
        settlement = self.settlement_currency
        method = {"paymentMethodType": METHOD, "paymentMethodId": code.reveal() if code else ""}
        return kept(
            {
                "productCode": PRODUCT,
                "paymentRequestId": self.payment_request_id,
                "order": self.order.as_members(contract.choices.lengths),
                "paymentAmount": self.amount.as_members(),
                "paymentMethod": kept(method),
                "paymentFactor": {"inStorePaymentScenario": self.scenario.value},
                "paymentExpiryTime": iso8601(self.expires_at),
                "paymentNotifyUrl": self.notify_url,
                "settlementStrategy": kept({"settlementCurrency": settlement}),
                "merchantRegion": self.merchant_region,
                "paymentRedirectUrl": self.redirect_url,
            }
        )

    def refuse_unfit(self, contract: JSONContract, now: datetime) -> None:
        """Refuse what Alipay would refuse, before an id is spent on it."""
        if self.payment_code is not None and not isinstance(self.payment_code, PaymentCode):
            raise RequestInvalid("payment_code", "a PaymentCode is wanted")
        fit_id("paymentRequestId", self.payment_request_id)
        fit_amount("paymentAmount", self.amount)
        for name, address in (
            ("paymentNotifyUrl", self.notify_url),
            ("paymentRedirectUrl", self.redirect_url),
        ):
            if address or name == "paymentNotifyUrl":
                fit_text(name, address, longest=URL_LENGTH)
                refuse_address(name, address)
        if self.redirect_url and self.payment_code:
            raise RequestInvalid("paymentRedirectUrl", "not where the buyer's code is scanned")
        if self.settlement_currency:
            refuse_currency("settlementCurrency", self.settlement_currency, region=Region.GLOBAL)
        if self.merchant_region:
            refuse_country("merchantRegion", self.merchant_region)
        self._refuse_end(contract, now)

    def _refuse_end(self, contract: JSONContract, now: datetime) -> None:
        seconds = (self.expires_at - now).total_seconds()
        if not 0 < seconds <= contract.choices.longest_expiry_seconds:
            longest = contract.choices.longest_expiry_seconds
            raise RequestInvalid("paymentExpiryTime", f"not in the next {longest} seconds")


@dataclass(frozen=True)
class CodeDetail:
    """One form of an issued code; the words are Alipay's own where they are not known here."""

    value_type: str
    value: str
    display_type: str


@dataclass(frozen=True)
class OrderCode:
    """A code that was issued for one order."""

    details: tuple[CodeDetail, ...]
    expires_at: datetime | None

    @property
    def text(self) -> str:
        """The text to draw as a QR code; empty where only pictures came."""
        wanted = (CodeValueType.QRCODE, DisplayType.TEXT)
        fit = [each for each in self.details if (each.value_type, each.display_type) == wanted]
        return fit[0].value if fit else ""


@dataclass(frozen=True)
class Payer:
    """`pspCustomerInfo`: the wallet, and its customer as it shows him."""

    wallet: str
    customer_id: str
    shown_as: str


@dataclass(frozen=True)
class PaymentDetails:
    """What pay, inquiryPayment and notifyPayment alike say of a payment. None: not said."""

    payment_request_id: str
    payment_id: str
    amount: MinorAmount | None
    actual_amount: MinorAmount | None
    settlement_amount: MinorAmount | None
    created_at: datetime | None
    paid_at: datetime | None
    quote_pair: str
    quote_price: str
    payer: Payer


def read_details(members: Members) -> PaymentDetails:
    """MembersUnreadable for an amount or an instant that is there and cannot be read."""
    payer, quote = members.inner("pspCustomerInfo"), members.inner("paymentQuote")
    return PaymentDetails(
        payment_request_id=members.text("paymentRequestId"),
        payment_id=members.text("paymentId"),
        amount=members.amount("paymentAmount"),
        actual_amount=members.amount("actualPaymentAmount"),
        settlement_amount=members.amount("grossSettlementAmount"),
        created_at=members.time("paymentCreateTime"),
        paid_at=members.time("paymentTime"),
        quote_pair=quote.text("quoteCurrencyPair"),
        quote_price=quote.text("quotePrice"),
        payer=Payer(
            wallet=payer.text("pspName"),
            customer_id=payer.text("pspCustomerId"),
            shown_as=payer.text("displayCustomerId"),
        ),
    )


@dataclass(frozen=True)
class PayAnswer:
    """Alipay answered, signed. Only PAID means goods may be handed over.

    `code` is there with CODE_ISSUED, `result` says why a payment is OPEN.
    """

    outcome: PayOutcome
    result: Result
    details: PaymentDetails
    code: OrderCode | None
    exchange: Exchange = field(repr=False)


def read_pay_answer(exchange: Exchange, request: PayRequest, contract: JSONContract) -> PayAnswer:
    """The answer to this payment; one about another id or amount is not ours."""
    members = read_answer(exchange, contract, path=contract.path_of(Call.PAY))
    try:
        refuse_other(members, {"paymentRequestId": request.payment_request_id})
        result = refuse_failed(members, exchange, contract)
        code = _order_code(members)
        outcome = _outcome(result, code, request)
        if outcome is not PayOutcome.OPEN:
            _require_ours(members, request)
        return PayAnswer(outcome, result, read_details(members), code, exchange)
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))


def _outcome(result: Result, code: OrderCode | None, request: PayRequest) -> PayOutcome:
    """Pages disagree whether S or U comes with an issued code, so the code itself decides."""
    if request.scenario is Scenario.PAYMENT_CODE:
        return PayOutcome.PAID if result.status is ResultStatus.SUCCESS else PayOutcome.OPEN
    if code is not None:
        return PayOutcome.CODE_ISSUED
    if result.status is ResultStatus.SUCCESS:
        raise MembersUnreadable("S without an order code")
    return PayOutcome.OPEN


def _require_ours(members: Members, request: PayRequest) -> None:
    asked = {"paymentRequestId": request.payment_request_id}
    refuse_other(members, asked, required=("paymentRequestId",))
    if not members.text("paymentId"):
        raise MembersUnreadable("no paymentId")
    refuse_other_amount(members, "paymentAmount", request.amount)


def _order_code(members: Members) -> OrderCode | None:
    form = members.inner("orderCodeForm")
    details = tuple(
        CodeDetail(
            value_type=each.text("codeValueType"),
            value=each.text("codeValue"),
            display_type=each.text("displayType"),
        )
        for each in form.each("codeDetails")
    )
    if not any(each.value for each in details):
        return None
    return OrderCode(details, form.time("expireTime"))
