"""Sending a refund, and asking about one, in its payment's generation of the interface.

The JSON API's answers are told in the gateway's form: amounts are major units here, and minor units
on that wire alone.
"""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from merchant_portal import gateway
from merchant_portal.alipay.client import GatewayClient
from merchant_portal.alipay.json_api import refunds as json_refunds
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.messages import (
    RefundAnswer,
    RefundMode,
    RefundQueryAnswer,
    RefundResult,
)
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Payment
from payments.services import Unsent
from payments.services.speaking import ask_json, unraised
from payments.states import Interface
from refunds.models import Refund

HeardOfRefund = Answered[RefundAnswer] | Refused | Unanswered | Unsent
HeardOfQuery = Answered[RefundQueryAnswer] | Refused | Unanswered | Unsent


def send(refund: Refund, payment: Payment) -> HeardOfRefund:
    """Give back, under the refund's own number."""
    if payment.interface == Interface.JSON:
        return _send_by_json(refund, payment)

    def call(client: GatewayClient) -> RefundAnswer:
        return client.refund_payment(
            partner_trans_id=payment.partner_trans_id,
            alipay_trans_id=payment.alipay_trans_id,
            partner_refund_id=refund.partner_refund_id,
            amount_text=refund.amount.decimal_text,
            currency=refund.currency,
            reason=_reason_of(refund),
            is_sync=RefundMode.SYNC if refund.is_sync else RefundMode.ASYNC,
            notify_url="" if refund.is_sync else _notify_url(payment),
        )

    return unraised(lambda: gateway.ask(payment.account, refund, call))


def ask(refund: Refund) -> HeardOfQuery:
    """What became of it."""
    payment = refund.payment
    if payment.interface == Interface.JSON:
        return _ask_by_json(refund, payment)
    return unraised(
        lambda: gateway.ask(
            refund.account,
            refund,
            lambda client: client.query_refund(
                partner_trans_id=payment.partner_trans_id,
                partner_refund_id=refund.partner_refund_id,
            ),
        )
    )


def _reason_of(refund: Refund) -> str:
    """In one language, so that every attempt says the same."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(refund.get_reason_display())


def _notify_url(payment: Payment) -> str:
    path = reverse("alipay_notify", args=[payment.account.notify_key])
    return f"{settings.PUBLIC_URL}{path}"


# ---- The JSON API -------------------------------------------------------------------------


def _send_by_json(refund: Refund, payment: Payment) -> HeardOfRefund:
    """Its success is money paid back; anything less is noted down, and asked about."""

    def call(client: JSONClient) -> RefundAnswer:
        answer = client.refund(
            json_refunds.RefundRequest(
                refund_request_id=refund.partner_refund_id,
                payment_id=payment.alipay_trans_id,
                amount=MinorAmount(refund.amount_minor, refund.currency),
                reason=_reason_of(refund),
            )
        )
        is_refunded = answer.state is RefundResult.SUCCESS
        return RefundAnswer(
            mode=RefundMode.SYNC if is_refunded else RefundMode.ASYNC,
            partner_trans_id=payment.partner_trans_id,
            alipay_trans_id=answer.payment_id,
            partner_refund_id=answer.refund_request_id,
            amount=refund.amount.decimal_text,
            currency=refund.currency,
            fields={},
            exchange=answer.exchange,
            alipay_refund_id=answer.refund_id,
        )

    return ask_json(payment, refund, call)


def _ask_by_json(refund: Refund, payment: Payment) -> HeardOfQuery:
    def call(client: JSONClient) -> RefundQueryAnswer:
        answer = client.inquire_refund(refund_request_id=refund.partner_refund_id)
        return RefundQueryAnswer(
            state=answer.state,
            error="",
            partner_trans_id=payment.partner_trans_id,
            partner_refund_id=answer.refund_request_id,
            alipay_trans_id=payment.alipay_trans_id,
            fields={},
            exchange=answer.exchange,
            alipay_refund_id=answer.refund_id,
        )

    return ask_json(payment, refund, call)
