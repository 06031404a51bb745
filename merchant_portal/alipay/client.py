"""Calls to the gateway of the Merchant QR Code product, global and Hong Kong.

Each call either returns its answer, verified, or raises GatewayRefused (Alipay says no),
GatewayUnreachable (no answer: it may have taken effect or not) or RequestInvalid (not sent).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import httpx

from merchant_portal.alipay.answers import CodeAnswer, read_code_answer, read_verdict
from merchant_portal.alipay.cancels import CancelAnswer, CancelRequest, read_cancel_answer
from merchant_portal.alipay.code_details import CodeDetails
from merchant_portal.alipay.contract import Choices, Contract, Signing
from merchant_portal.alipay.counter_payments import PayAnswer, PayRequest, read_pay_answer
from merchant_portal.alipay.errors import (
    GatewayUnreachable,
    RequestInvalid,
)
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import ID_LENGTH, fit_text, refuse_notify_url
from merchant_portal.alipay.order_codes import (
    OrderCodeAnswer,
    OrderCodeRequest,
    read_order_code_answer,
)
from merchant_portal.alipay.outgoing import Outgoing, posted, unposted
from merchant_portal.alipay.refunds import (
    RefundAnswer,
    RefundQuery,
    RefundQueryAnswer,
    RefundRequest,
    read_refund_answer,
    read_refund_query_answer,
)
from merchant_portal.alipay.registrations import (
    RegistrationAnswer,
    ReviewAnswer,
    ReviewQuery,
    StoreRegistration,
    read_registration_answer,
    read_review_answer,
)
from merchant_portal.alipay.times import gateway_timestamp, written
from merchant_portal.alipay.trades import TradeAnswer, read_trade_answer
from merchant_portal.alipay.transport import Transport, may_ask_elsewhere, open_http
from merchant_portal.alipay.words import CodeStatus, RefundMode, Region, TimeForm

__all__ = ["Choices", "Contract", "GatewayClient", "open_http"]

Answer = TypeVar("Answer")

BIZ_TYPE = "OVERSEASHOPQRCODE"
QRCODE_LENGTH = 256  # not stated by Alipay


class GatewayClient:
    """Speaks for one account. Cheap to make; the HTTP client is the caller's to share and close."""

    def __init__(
        self, contract: Contract, *, http: httpx.Client, now: Callable[[], datetime]
    ) -> None:
        self._contract = contract
        self._choices = contract.choices
        self._now = now
        self._transport = Transport(
            http,
            now=now,
            timeout_seconds=self._choices.timeout_seconds,
            answer_within_seconds=self._choices.answer_within_seconds,
        )

    def create_qrcode(self, details: CodeDetails, *, notify_url: str) -> CodeAnswer:
        """`alipay.commerce.qrcode.create`; the answer may be a code that existed before."""
        if not notify_url:
            raise RequestInvalid("notify_url", "without it payments would never be heard of")
        signing = self._contract.signing()
        fields = self._code_fields("alipay.commerce.qrcode.create", details, notify_url)
        return read_code_answer(
            self._post(fields, signing), sign_type=signing.sign_type, keys=signing.answer_keys
        )

    def modify_qrcode(self, qrcode: str, details: CodeDetails, *, notify_url: str) -> CodeAnswer:
        """`alipay.commerce.qrcode.modify`; an empty `notify_url` is not sent.

        Hong Kong takes only MD5 here (global.alipay.com/docs/ac/hkapi/qrcode_modify).
        """
        signing = self._contract.modify_signing()
        fields = self._code_fields("alipay.commerce.qrcode.modify", details, notify_url)
        fields["qrcode"] = fit_text("qrcode", qrcode, longest=QRCODE_LENGTH)
        return self._about(qrcode, fields, signing)

    def change_qrcode_status(self, qrcode: str, status: CodeStatus) -> CodeAnswer:
        """`alipay.commerce.qrcode.modifyStatus`: stop, restart, or delete for ever."""
        signing = self._contract.signing()
        fields = self._common("alipay.commerce.qrcode.modifyStatus")
        fields |= {
            "timestamp": gateway_timestamp(self._now()),
            "biz_type": BIZ_TYPE,
            "qrcode": fit_text("qrcode", qrcode, longest=QRCODE_LENGTH),
            "status": status.value,
        }
        return self._about(qrcode, fields, signing)

    def pay_with_code(self, request: PayRequest) -> PayAnswer:
        """`alipay.acquire.overseas.spot.pay`: take a sale's money by the code that was scanned.

        Nothing of the answer or of an error shows the code. After no answer query, then cancel.
        """
        signing = self._contract.signing()
        fields = self._common("alipay.acquire.overseas.spot.pay")
        fields |= request.as_fields(self._contract.partner, self._contract.region, self._choices)
        outgoing = posted(self._contract, fields, signing, secrets=(request.payment_code,))
        return read_pay_answer(
            self._transport.send(outgoing),
            request,
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
            words=self._choices.pay_words,
        )

    def create_order_code(self, request: OrderCodeRequest) -> OrderCodeAnswer:
        """`alipay.acquire.precreate`: a code for one order. It is issued then, not paid."""
        signing = self._contract.signing()
        region = self._contract.region
        counted = region in self._choices.millisecond_precreate_regions
        form = TimeForm.MILLISECONDS if counted else TimeForm.TEXT
        fields = self._common("alipay.acquire.precreate")
        timestamp = written(self._now(), form)
        fields |= request.as_fields(region, self._choices, timestamp=timestamp)
        return read_order_code_answer(
            self._post(fields, signing),
            request,
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
        )

    def query_payment(
        self, *, partner_trans_id: str = "", alipay_trans_id: str = ""
    ) -> TradeAnswer:
        """`alipay.acquire.overseas.query`; of two ids Alipay looks at its own first."""
        if self._contract.region is Region.HK and not partner_trans_id:
            raise RequestInvalid("partner_trans_id", "Hong Kong asks for the order number")
        if not (partner_trans_id or alipay_trans_id):
            raise RequestInvalid("partner_trans_id", "one of the two numbers is needed")
        signing = self._contract.signing()
        fields = self._common("alipay.acquire.overseas.query")
        for name, number in (
            ("partner_trans_id", partner_trans_id),
            ("alipay_trans_id", alipay_trans_id),
        ):
            if number:
                fields[name] = fit_text(name, number, longest=ID_LENGTH)
        return self._asked(
            posted(self._contract, fields, signing),
            lambda exchange: read_trade_answer(
                exchange,
                sign_type=signing.sign_type,
                keys=signing.answer_keys,
                partner_trans_id=partner_trans_id,
                alipay_trans_id=alipay_trans_id,
            ),
        )

    def cancel_payment(self, *, partner_trans_id: str, alipay_trans_id: str = "") -> CancelAnswer:
        """`alipay.acquire.cancel`: all of a payment of today (GMT+8) goes back, or it is closed.

        Alipay takes a cancel again where the first has no answer, or `may_retry` says so.
        """
        signing = self._contract.signing()
        request = CancelRequest(partner_trans_id=partner_trans_id, alipay_trans_id=alipay_trans_id)
        timestamp = written(self._now(), self._choices.cancel_time_form)
        fields = self._common("alipay.acquire.cancel")
        fields |= request.as_fields(self._contract.region, timestamp=timestamp)
        return read_cancel_answer(
            self._post(fields, signing),
            request,
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
        )

    def refund_payment(
        self,
        *,
        partner_trans_id: str,
        alipay_trans_id: str = "",
        partner_refund_id: str,
        amount_text: str,
        currency: str,
        reason: str = "",
        is_sync: RefundMode,
        notify_url: str = "",
    ) -> RefundAnswer:
        """`alipay.acquire.overseas.spot.refund`; see RefundAnswer.is_refunded.

        After no answer only the same `partner_refund_id` may be sent again.
        """
        signing = self._contract.signing()
        request = RefundRequest(
            partner_trans_id=partner_trans_id,
            alipay_trans_id=alipay_trans_id,
            partner_refund_id=partner_refund_id,
            amount_text=amount_text,
            currency=currency,
            reason=reason,
            mode=is_sync,
            notify_url=notify_url,
        )
        fields = self._common("alipay.acquire.overseas.spot.refund")
        fields |= request.as_fields(self._contract.region, self._choices)
        return read_refund_answer(
            self._post(fields, signing),
            request,
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
        )

    def query_refund(self, *, partner_trans_id: str, partner_refund_id: str) -> RefundQueryAnswer:
        """`alipay.acquire.refund.query`: where a refund stands."""
        signing = self._contract.signing()
        query = RefundQuery(partner_trans_id=partner_trans_id, partner_refund_id=partner_refund_id)
        fields = self._common("alipay.acquire.refund.query")
        fields |= query.as_fields(self._contract.region)
        return self._asked(
            posted(self._contract, fields, signing),
            lambda exchange: read_refund_query_answer(
                exchange,
                query,
                sign_type=signing.sign_type,
                keys=signing.answer_keys,
                words=self._choices.refund_query_words,
            ),
        )

    def register_store(self, registration: StoreRegistration) -> RegistrationAnswer:
        """`alipay.overseas.secmerchant.offline.maintain`: register a store, or update it."""
        signing = self._contract.signing()
        fields = self._common("alipay.overseas.secmerchant.offline.maintain")
        fields["timestamp"] = gateway_timestamp(self._now())
        fields |= registration.as_fields(self._contract.region)
        return read_registration_answer(
            self._post(fields, signing),
            registration,
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
        )

    def query_store_review(self, *, secondary_merchant_id: str, store_id: str) -> ReviewAnswer:
        """`alipay.overseas.secmerchant.maintain.queryStatus`: how a store's review goes."""
        signing = self._contract.signing()
        query = ReviewQuery(secondary_merchant_id=secondary_merchant_id, store_id=store_id)
        fields = self._common("alipay.overseas.secmerchant.maintain.queryStatus")
        fields["timestamp"] = gateway_timestamp(self._now())
        fields |= query.as_fields(self._contract.region)
        return self._asked(
            posted(self._contract, fields, signing),
            lambda exchange: read_review_answer(
                exchange, query, sign_type=signing.sign_type, keys=signing.answer_keys
            ),
        )

    def verify_notification(self, notify_id: str) -> bool:
        """`notify_verify`: whether Alipay sent this notice. Ask before answering `success`.

        Afterwards the id is dead and the answer is False for an honest notice too.
        """
        self._contract.refuse_unfit()
        fields = {
            "service": "notify_verify",
            "partner": self._contract.partner,
            "notify_id": fit_text("notify_id", notify_id, longest=ID_LENGTH * 2),
        }
        return self._asked(unposted(self._contract, fields), read_verdict)

    def _common(self, service: str) -> dict[str, str]:
        return {
            "service": service,
            "partner": self._contract.partner,
            "_input_charset": self._choices.charset,
        }

    def _code_fields(self, service: str, details: CodeDetails, notify_url: str) -> dict[str, str]:
        if notify_url:
            refuse_notify_url(notify_url)
        fields = self._common(service)
        fields["timestamp"] = gateway_timestamp(self._now())
        if notify_url:
            fields["notify_url"] = notify_url
        fields["biz_type"] = BIZ_TYPE
        fields["biz_data"] = self._named(details).as_biz_data(
            self._contract.region,
            channel_fee_form=self._choices.channel_fee_form,
            passback_form=self._choices.passback_form,
        )
        return fields

    def _named(self, details: CodeDetails) -> CodeDetails:
        """With the notifications' signing named, where that is our choice and not given."""
        if not self._choices.names_notify_signing:
            return details
        return replace(
            details,
            notify_sign_type=details.notify_sign_type or self._contract.sign_type.value,
            notify_charset=details.notify_charset or self._choices.charset,
        )

    def _about(self, qrcode: str, fields: Mapping[str, str], signing: Signing) -> CodeAnswer:
        return read_code_answer(
            self._post(fields, signing),
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
            asked_qrcode=qrcode,
        )

    def _post(self, fields: Mapping[str, str], signing: Signing) -> Exchange:
        """Send to the first address only: this call changes something."""
        return self._transport.send(posted(self._contract, fields, signing))

    def _asked(self, outgoing: Outgoing, read: Callable[[Exchange], Answer]) -> Answer:
        """Ask, and where nobody answers ask the spare address: the call changes nothing."""
        try:
            return read(self._transport.send(outgoing))
        except GatewayUnreachable as error:
            if not (self._contract.spare_url and may_ask_elsewhere(error)):
                raise
        return read(self._transport.send(outgoing.at(self._spare(outgoing))))

    def _spare(self, outgoing: Outgoing) -> httpx.URL:
        return httpx.URL(self._contract.spare_url).copy_merge_params(outgoing.url.params)
