"""What is always true of what the shop itself begins: named checks."""

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.models import GatewayCall
from merchant_portal.truths import Check, Rows, telling
from payments.models import Cancel, EntryKind, LedgerEntry, Payment, Sale
from payments.states import PAYMENT_UNSETTLED, CancelState, GiveBackReason, Product

CHECKS: list[Check] = []
_always = telling(CHECKS)

#: A run of digits as long as a customer's code is, or as what a hint may show of it.
_A_CODE = "[0-9]{16,32}"
_MORE_THAN_A_HINT = "[0-9]{5}"
_PAY_CALLS = ("alipay.acquire.overseas.spot.pay", "pay")


@_always(_("What the shop began has one sale, and nothing else has any."))
def begun_payment_has_sale() -> Rows:
    has_sale = Exists(Sale.objects.filter(payment=OuterRef("pk")))
    is_begun_here = ~Q(product=Product.MERCHANT_QR)
    return Payment.objects.filter((is_begun_here & ~has_sale) | (~is_begun_here & has_sale))


@_always(_("A sale that waits for its buyer is asked about again by itself."))
def waiting_sale_is_asked() -> Rows:
    waiting = Sale.objects.filter(payment__state__in=PAYMENT_UNSETTLED, ending_at__isnull=True)
    return waiting.filter(payment__next_attempt_at__isnull=True)


@_always(_("A cancel that ended a sale unpaid gave nothing back."))
def closed_cancel_gave_nothing_back() -> Rows:
    payment = OuterRef("payment")
    entry = LedgerEntry.objects.filter(payment=payment, kind=EntryKind.CANCEL)
    done = Cancel.objects.filter(payment=payment, state=CancelState.DONE)
    given_back = Exists(entry.order_by()) & ~Exists(done.order_by())
    strange = ~Q(reason=GiveBackReason.SALE_ENDED) | Q(payment__state__in=PAYMENT_UNSETTLED)
    return Cancel.objects.filter(strange | given_back, state=CancelState.CLOSED)


@_always(_("A cancel that ends a sale is of one that was given up."))
def ending_cancel_has_given_up_sale() -> Rows:
    given_up = Sale.objects.filter(payment=OuterRef("payment"), ending_at__isnull=False)
    return Cancel.objects.filter(~Exists(given_up), reason=GiveBackReason.SALE_ENDED)


@_always(_("Of a customer's code only its ends are kept, and of every scan."))
def code_is_masked() -> Rows:
    of_scans = Sale.objects.filter(payment__product=Product.BARCODE)
    shown = Q(code_hint="") | Q(code_hint__regex=_MORE_THAN_A_HINT)
    return of_scans.filter(shown | Q(description__regex=_A_CODE))


@_always(_("No call that charged a customer's code is kept with the code."))
def call_hides_the_code() -> Rows:
    sent = rf"(buyer_identity_code=|\"paymentMethodId\": ?\"){_A_CODE}"
    return GatewayCall.objects.filter(service__in=_PAY_CALLS, presign__regex=sent)
