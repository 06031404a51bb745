"""The API's doors for a till's own software: begin a payment, wait for its end, give it up."""

import time
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from merchant_portal.access import Right
from payments import services
from payments.api_shapes import PaymentDetailShape, SaleOrder, detail_of
from payments.errors import SaleRefused
from payments.models import Payment, Sale
from payments.sale_standing import standing_of
from payments.states import Product
from payments.tasks import nudge_sale
from qrcodes.api_doors import KEY_HEADER, Door
from qrcodes.models import Enrolment
from qrcodes.services.idempotency import recall

#: The longest a question waits for a payment's end, in seconds.
LONGEST_WAIT = 25
#: Seconds between two looks of a question that waits.
_LOOKS_EVERY = 0.5
#: A question that waits keeps a worker's thread: beyond so many they are answered at once.
_waiting = BoundedSemaphore(settings.API_WAITS_AT_ONCE)
_WAIT = OpenApiParameter(
    "wait",
    int,
    OpenApiParameter.QUERY,
    description=f"Of a payment that the shop began: wait up to so many seconds, at most "
    f"{LONGEST_WAIT}, until it has its end. Answered at once where many wait already: ask again.",
)


class SaleDoor(Door[Payment]):
    """What a till's own software does with a payment."""

    @extend_schema(
        parameters=[KEY_HEADER],
        request=SaleOrder,
        responses={200: PaymentDetailShape, 201: PaymentDetailShape},
    )
    def create(self, request: Request) -> Response:
        """Take a payment at a counter. The answer is the payment as it stands, which need not be
        paid: ask for it with `wait` until it has its end."""
        shape = SaleOrder(data=request.data, context=self.get_serializer_context())
        shape.is_valid(raise_exception=True)
        order: dict[str, Any] = shape.validated_data
        counter, code = order["counter"], order["code"]
        self.principal.require(Right.TAKE_PAYMENTS, store=counter.store)
        key = self.read_key(
            "sell",
            product=order["product"],
            counter=counter.pk,
            account=order["account"],
            amount=str(order["money"]),
            description=order["description"],
            # Two codes differ in what may be kept of them, or both are good for the same minute.
            code=code.shown if code else "",
        )
        made = recall(key)
        if made is not None:  # Before any refusal: what was begun then may be paid by now.
            return self._as_it_stands(services.sales().get(pk=made), status.HTTP_200_OK)
        terms = {
            "under": _enrolment(order),
            "amount": order["money"],
            "description": order["description"],
            "actor": self.principal.actor,
            "request": key,
        }
        if code is None:
            sale = services.sell_by_order_code(counter, **terms)
        else:
            sale = services.sell_by_code(counter, code=code, **terms)
        return self._as_it_stands(sale, status.HTTP_201_CREATED)

    @extend_schema(parameters=[_WAIT])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One payment; with `wait` not before it has its end, or the time is over."""
        seconds = _seconds(request.query_params.get("wait", "0"))
        payment = self.get_object()
        if seconds and payment.is_begun_here and _waiting.acquire(blocking=False):
            try:
                payment = self._await_end(payment, seconds)
            finally:
                _waiting.release()
        return Response(detail_of(payment))

    @extend_schema(request=None, responses=PaymentDetailShape)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Give up a payment that has no end: a cancel is sent, which also gives back what was paid
        meanwhile. One that is paid is not given up: give its money back instead."""
        payment = self.get_object()
        if not payment.is_begun_here:
            raise SaleRefused(_("The customer began this payment: there is nothing to give up."))
        sale = services.end_sale(payment.sale, actor=self.principal.actor)
        return self._as_it_stands(sale, status.HTTP_200_OK)

    def _await_end(self, payment: Payment, seconds: int) -> Payment:
        """The payment once it has its end, or as it stands when the time is over."""
        end = time.monotonic() + seconds
        while standing_of(payment.sale).is_waited_for and time.monotonic() < end:
            nudge_sale(payment.sale)
            time.sleep(_LOOKS_EVERY)
            payment = self.get_object()
        return payment

    def _as_it_stands(self, sale: Sale, answered: int) -> Response:
        return Response(detail_of(sale.payment), status=answered)


def _enrolment(order: dict[str, Any]) -> Enrolment:
    """That of the account it is taken under: the one that was named, or the only one there is."""
    able = services.sale_enrolments(order["counter"], Product(order["product"]))
    named = [enrolment for enrolment in able if str(enrolment.account_id) == order["account"]]
    if order["account"] and not named:
        problem = _("This account does not take payments in this way here.")
        raise ValidationError({"account": [problem]})
    if not able:
        raise SaleRefused(_("No account takes payments in this way at this counter."))
    if not named and len(able) > 1:
        raise ValidationError({"account": [_("Several accounts take payments here: name one.")]})
    return (named or able)[0]


def _seconds(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        raise ValidationError({"wait": [_("A whole number of seconds, at most 25.")]})
    return min(int(text), LONGEST_WAIT)
