"""How a sale is begun at Alipay, in either generation of the interface; heard in one form."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.urls import reverse

from merchant_portal import gateway
from merchant_portal.accounts.models import Account
from merchant_portal.accounts.services import contract_of, json_contract_of
from merchant_portal.alipay.client import Contract, GatewayClient
from merchant_portal.alipay.json_api import orders
from merchant_portal.alipay.json_api import payments as json_payments
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.words import PayOutcome as JSONOutcome
from merchant_portal.alipay.messages import (
    Exchange,
    OrderCodeAnswer,
    OrderCodeRequest,
    PayAnswer,
    PaymentCode,
    PayOutcome,
    PayRequest,
    ShopDetails,
    TradeAnswer,
    TradeStatus,
)
from merchant_portal.gateway import Answered, Refused, Unanswered
from merchant_portal.money import Money
from payments.models import Payment
from payments.services.speaking import Unsent, major_text
from payments.states import Interface
from qrcodes.models import Counter, Enrolment
from qrcodes.services import agent_token_for


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A sale as the shop wants it. With ``code`` the customer's code is charged, without it Alipay
    makes one for this order. ``number`` is ours, and names it for ever."""

    enrolment: Enrolment
    counter: Counter
    amount: Money
    description: str
    number: str
    sent_at: datetime
    code: PaymentCode | None = None

    @property
    def account(self) -> Account:
        return self.enrolment.account

    @property
    def interface(self) -> Interface:
        """In which generation it is begun, and spoken of ever after."""
        return Interface.JSON if self.account.sells_by_json else Interface.GATEWAY

    @cached_property
    def contract(self) -> Contract:
        """Under what the account speaks with the gateway, read once; raises what ``contract_of``
        does."""
        return contract_of(self.account)

    @cached_property
    def json_contract(self) -> JSONContract:
        """The same for the JSON API, with the merchant's agent token where the account sends them;
        raises AgentTokenMissing too."""
        token = agent_token_for(self.account, self.enrolment.store_id)
        return json_contract_of(self.account, agent_token=token)


@dataclass(frozen=True, slots=True)
class Begun:
    """What Alipay says at the beginning: how the payment stands, or the order's code, which is
    issued then and not paid."""

    exchange: Exchange = field(repr=False)
    trade: TradeAnswer | None = None
    order_code: str = ""
    expires_at: datetime | None = None


HeardOfBeginning = Answered[Begun] | Refused | Unanswered | Unsent


def refuse_unfit(wish: Wish) -> None:
    """Raise one of ``gateway.NOTHING_SENT`` where Alipay could not be asked for it."""
    if wish.interface == Interface.JSON:
        wish.json_contract.key()
        _json_request(wish).as_members(wish.json_contract, now=wish.sent_at)
        return
    contract = wish.contract
    if wish.code is None:
        request = _order_code_request(wish)
        request.as_fields(contract.region, contract.choices, timestamp="")
    else:
        _pay_request(wish, wish.code).as_fields(contract.partner, contract.region, contract.choices)


def send(wish: Wish, payment: Payment) -> HeardOfBeginning:
    """The one call that begins it; what keeps it from leaving is told, and never raised."""
    within = settings.SALE_ANSWER_SECONDS

    def call_json(client: JSONClient) -> Begun:
        return _begun_by_json(wish, client.pay(_json_request(wish)))

    def call(client: GatewayClient) -> Begun:
        if wish.code is None:
            return _issued(wish, client.create_order_code(_order_code_request(wish)))
        return _paid_or_open(client.pay_with_code(_pay_request(wish, wish.code)))

    try:
        if wish.interface == Interface.JSON:
            return gateway.ask_json(
                wish.account, payment, call_json, contract=wish.json_contract, within_seconds=within
            )
        return gateway.ask(
            wish.account, payment, call, contract=wish.contract, within_seconds=within
        )
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


def may_repeat(wish: Wish, heard: HeardOfBeginning) -> bool:
    """Whether the same goes once more: of the JSON API an order's code that did not come is asked
    for again under the same id, and is the same code (docs.antom.com/ac/ams/oc)."""
    if wish.code is not None or wish.interface != Interface.JSON:
        return False
    match heard:
        case Answered(answer=begun):
            return not begun.order_code
        case Unanswered(never_sent=never_sent):
            return not never_sent
    return False


def code_ends_at(wish: Wish) -> datetime:
    """Until when a code made for this order can be paid."""
    return wish.sent_at + timedelta(minutes=settings.ORDER_CODE_MINUTES)


# ---- The gateway --------------------------------------------------------------------------


def _pay_request(wish: Wish, code: PaymentCode) -> PayRequest:
    settlement = wish.enrolment.settlement_currency
    return PayRequest(
        partner_trans_id=wish.number,
        payment_code=code,
        amount_text=wish.amount.decimal_text,
        currency=settlement,
        # Sent where it differs alone: it is by arrangement (global/spot_pay, trans_currency).
        trans_currency="" if wish.amount.currency == settlement else wish.amount.currency,
        trans_name=wish.description,
        created_at=wish.sent_at,
        shop=_shop(wish),
        notify_url=_notify_url(wish.account),
    )


def _order_code_request(wish: Wish) -> OrderCodeRequest:
    lifetime = f"{settings.ORDER_CODE_MINUTES}m"
    return OrderCodeRequest(
        partner_trans_id=wish.number,
        subject=wish.description,
        total_fee=wish.amount.decimal_text,
        currency=wish.enrolment.settlement_currency,
        trans_currency=wish.amount.currency,
        shop=_shop(wish),
        notify_url=_notify_url(wish.account),
        it_b_pay=lifetime,
        qr_code_it_b_pay=lifetime,
    )


def _shop(wish: Wish) -> ShopDetails:
    store = wish.enrolment.store
    return ShopDetails(
        secondary_merchant_id=wish.enrolment.secondary_merchant_id,
        secondary_merchant_name=store.merchant.name,
        secondary_merchant_industry=store.merchant.mcc,
        store_id=wish.enrolment.alipay_store_id,
        store_name=store.name,
        terminal_id=wish.counter.code,
        sys_service_provider_id=wish.account.service_provider_id,
    )


def _notify_url(account: Account) -> str:
    return f"{settings.PUBLIC_URL}{reverse('alipay_notify', args=[account.notify_key])}"


def _paid_or_open(answer: PayAnswer) -> Begun:
    """SUCCESS is paid; UNKNOW: the trade exists, and the buyer must still confirm."""
    is_paid = answer.outcome is PayOutcome.PAID
    trade = TradeAnswer(
        status=TradeStatus.TRADE_SUCCESS if is_paid else TradeStatus.WAIT_BUYER_PAY,
        alipay_trans_id=answer.alipay_trans_id,
        partner_trans_id=answer.partner_trans_id,
        amount=answer.amount,
        currency=answer.currency,
        paid_at=answer.paid_at if is_paid else None,
        buyer_login=answer.buyer_login,
        buyer_user_id=answer.buyer_user_id,
        payment_inst=answer.payment_inst,
        fields=answer.fields,
        exchange=answer.exchange,
    )
    return Begun(answer.exchange, trade)


def _issued(wish: Wish, answer: OrderCodeAnswer) -> Begun:
    return Begun(answer.exchange, order_code=answer.qr_code, expires_at=code_ends_at(wish))


# ---- The JSON API -------------------------------------------------------------------------


def _json_request(wish: Wish) -> json_payments.PayRequest:
    amount = MinorAmount(wish.amount.minor, wish.amount.currency)
    path = reverse("alipay_json_notify", args=[wish.account.notify_key])
    return json_payments.PayRequest(
        payment_request_id=wish.number,
        order=_order(wish, amount),
        amount=amount,
        notify_url=f"{settings.PUBLIC_URL}{path}",
        expires_at=_expires_at(wish),
        payment_code=wish.code,
        settlement_currency=wish.enrolment.settlement_currency,
        merchant_region=wish.enrolment.store.country,
    )


def _expires_at(wish: Wish) -> datetime:
    """Pages name three defaults, so it is always said (docs.antom.com/ac/ams/upm)."""
    if wish.code is None:
        return code_ends_at(wish)
    return wish.sent_at + timedelta(seconds=settings.BARCODE_EXPIRY_SECONDS)


def _order(wish: Wish, amount: MinorAmount) -> orders.Order:
    store = wish.enrolment.store
    return orders.Order(
        reference_order_id=wish.number,
        description=wish.description,
        amount=amount,
        merchant=orders.MerchantDetails(
            reference_merchant_id=wish.enrolment.secondary_merchant_id,
            merchant_mcc=store.merchant.mcc,
            merchant_name=store.merchant.name,
            store=orders.StoreDetails(
                reference_store_id=wish.enrolment.alipay_store_id,
                store_name=store.name,
                store_mcc=store.merchant.mcc,
            ),
        ),
        store_terminal_id=wish.counter.code,
        requested_at=wish.sent_at,
    )


def _begun_by_json(wish: Wish, answer: json_payments.PayAnswer) -> Begun:
    """S is paid where a code was scanned; where one was issued, neither S nor U is."""
    details = answer.details
    if answer.outcome is JSONOutcome.OPEN and not details.payment_id:
        return Begun(answer.exchange)  # U, and no payment is named: it may not even exist.
    is_paid = answer.outcome is JSONOutcome.PAID
    trade = TradeAnswer(
        status=TradeStatus.TRADE_SUCCESS if is_paid else TradeStatus.WAIT_BUYER_PAY,
        alipay_trans_id=details.payment_id,
        partner_trans_id=details.payment_request_id,
        amount=major_text(details.amount),
        currency=details.amount.currency if details.amount else "",
        paid_at=details.paid_at if is_paid else None,
        buyer_login=details.payer.shown_as,
        buyer_user_id=details.payer.customer_id,
        payment_inst=details.payer.wallet,
        fields={},
        exchange=answer.exchange,
    )
    code = answer.code
    if code is None or not code.text:
        return Begun(answer.exchange, trade)
    return Begun(answer.exchange, trade, code.text, code.expires_at or code_ends_at(wish))
