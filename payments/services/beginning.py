"""How a sale is begun at Alipay, in either generation of the interface; heard in one form."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from merchant_portal import gateway
from merchant_portal.accounts.models import Account
from merchant_portal.accounts.services import contract_of
from merchant_portal.alipay.client import GatewayClient
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
from payments.services.speaking import Unsent
from qrcodes.models import Counter, Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
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
    contract = contract_of(wish.account)
    if wish.code is None:
        request = _order_code_request(wish)
        request.as_fields(contract.region, contract.choices, timestamp="")
    else:
        _pay_request(wish, wish.code).as_fields(contract.partner, contract.region, contract.choices)


def send(wish: Wish, payment: Payment) -> HeardOfBeginning:
    """The one call that begins it; what keeps it from leaving is told, and never raised."""

    def call(client: GatewayClient) -> Begun:
        if wish.code is None:
            return _issued(wish, client.create_order_code(_order_code_request(wish)))
        return _paid_or_open(client.pay_with_code(_pay_request(wish, wish.code)))

    try:
        return gateway.ask(wish.account, payment, call, within_seconds=settings.SALE_ANSWER_SECONDS)
    except gateway.NOTHING_SENT as unfit:
        return Unsent(str(unfit))


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
