"""Taking a payment in two steps: how much, then the customer's code or a code to show.

One key stands for the form from its first page on: a double scan, a second press and the back
button all lead to the one sale it has begun.
"""

import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from merchant_portal.access import Right
from merchant_portal.alipay.payment_codes import PaymentCode
from payments import services
from payments.errors import SaleRefused
from payments.filtering import read_row_number
from payments.models import Sale
from payments.sale_forms import CODE_FIELD, CodeForm, SaleForm
from payments.states import Product
from payments.tills import Till, usable_key
from qrcodes.device_door import needs_device
from qrcodes.errors import KeyReused
from qrcodes.models import Counter, Device
from qrcodes.permissions import PortalRequest, needs
from qrcodes.services.idempotency import RequestKey, found


@dataclass(frozen=True, slots=True)
class Selling:
    """One form at one till, from its first page on."""

    request: HttpRequest
    till: Till
    key: str

    @property
    def address(self) -> str:
        return f"{self.till.url}?{urlencode({'key': self.key})}"


@sensitive_post_parameters(CODE_FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs(Right.TAKE_PAYMENTS)
def counter_sell(request: PortalRequest, pk: int) -> HttpResponse:
    """Take a payment at a counter, as somebody who signed in."""
    scope = request.principal.scope(Right.TAKE_PAYMENTS, store_path="store")
    counter = get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)
    return _sell(request, Till.of_person(request, counter))


@sensitive_post_parameters(CODE_FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs_device
def device_sell(request: HttpRequest, device: Device) -> HttpResponse:
    """Take a payment on a paired device."""
    if device.is_for_customers:
        return redirect("device_pay")
    return _sell(request, Till.of_device(device))


def _sell(request: HttpRequest, till: Till) -> HttpResponse:
    key = request.POST.get("key") or request.GET.get("key", "")
    if not usable_key.fullmatch(key):
        query = {"key": secrets.token_urlsafe(24)}
        if again := request.GET.get("again"):
            query["again"] = str(read_row_number(again))
        return redirect(f"{till.url}?{urlencode(query)}")
    selling = Selling(request, till, key)
    return _to_what_was_begun(selling) or _answer(selling)


def _to_what_was_begun(selling: Selling) -> HttpResponse | None:
    """The way to the sale that this form has begun already; None where it has begun none."""
    made = found(owner=selling.till.owner, key=selling.key)
    if made is None:
        return None
    sale = Sale.objects.select_related("payment").get(pk=made.target_id)
    return redirect(selling.till.url_of(sale.payment))


def _answer(selling: Selling) -> HttpResponse:
    posted, till = selling.request.POST, selling.till
    if selling.request.method != "POST" or not till.products:
        return _how_much(selling, SaleForm(till=till, initial=_terms_again(selling)))
    form = SaleForm(posted, till=till)
    if not form.is_valid():
        return _how_much(selling, form, status=400)
    way = posted.get("way", "")
    if way not in till.products:
        return _how_much(selling, form)  # the amount is to be changed
    try:
        form.refuse_product(Product(way))
    except ValidationError as refused:
        form.add_error(None, refused)
        return _how_much(selling, form, status=400)
    if way == Product.ORDER_CODE:
        return _begin(selling, form)
    return _scan(selling, form)


def _terms_again(selling: Selling) -> dict[str, str]:
    """What the sale was for that is begun once more, where there is one."""
    pk = read_row_number(selling.request.GET.get("again", ""))
    sales = Sale.objects.select_related("payment").filter(payment__counter=selling.till.counter)
    sale = sales.filter(payment=pk).first() if pk else None
    if sale is None:
        return {}
    return {
        "amount": sale.payment.amount.decimal_text,
        "description": sale.description,
        "account": str(sale.payment.account_id),
    }


def _how_much(selling: Selling, form: SaleForm, *, status: int = 200) -> HttpResponse:
    return _page(selling, {"step": "how_much", "form": form}, status=status)


def _scan(selling: Selling, form: SaleForm) -> HttpResponse:
    """The scan field; once it comes filled in, the code goes to Alipay at once."""
    posted = selling.request.POST
    code_form = CodeForm(posted if CODE_FIELD in posted else None)
    if code_form.is_bound and code_form.is_valid():
        return _begin(selling, form, code_form.cleaned_data[CODE_FIELD])
    context = {"step": "scan", "form": form, "code_form": code_form, "asked": form.cleaned_data}
    return _page(selling, context, status=400 if code_form.is_bound else 200)


def _begin(selling: Selling, form: SaleForm, code: PaymentCode | None = None) -> HttpResponse:
    """Begin the sale, once; whatever was scanned or pressed twice leads to the same one."""
    try:
        sale = begin_sale(selling.till, form, key=selling.key, code=code)
    except KeyReused:
        begun = _to_what_was_begun(selling)
        if begun is None:
            raise
        return begun
    except SaleRefused as refused:
        form.add_error(None, str(refused))
        return _how_much(selling, form, status=409)
    return redirect(selling.till.url_of(sale.payment))


def begin_sale(till: Till, form: SaleForm, *, key: str, code: PaymentCode | None = None) -> Sale:
    """Begin what a valid form asks for: by the customer's code, else by a code made for the order.

    Raises SaleRefused, and KeyReused where the form's key has begun something else.
    """
    asked = form.cleaned_data
    enrolment, money = asked["offer"].enrolment, asked["money"]
    request = RequestKey.over(
        owner=till.owner,
        key=key,
        verb="sell",
        counter=till.counter.pk,
        account=enrolment.account_id,
        amount=str(money),
        by_code=code is not None,
    )
    terms = {
        "under": enrolment,
        "amount": money,
        "description": asked["description"] or till.counter.store.name,
        "actor": till.actor,
        "device": till.device,
        "request": request,
    }
    if code is None:
        return services.sell_by_order_code(till.counter, **terms)
    return services.sell_by_code(till.counter, code=code, **terms)


def _page(selling: Selling, context: dict[str, object], *, status: int) -> HttpResponse:
    till = selling.till
    shared = {
        "till": till,
        "counter": till.counter,
        "key": selling.key,
        "address": selling.address,
        "title": _("Take a payment"),
    }
    return render(selling.request, "payments/sell.html", shared | context, status=status)
