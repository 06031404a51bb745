"""Pages of merchants, stores and counters."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from merchant_portal.access import Right, RightMissing
from merchant_portal.accounts.models import Account
from qrcodes import services
from qrcodes.countries import COUNTRIES
from qrcodes.errors import Refusal
from qrcodes.forms import CodeForm, CounterForm, MerchantForm, StoreForm
from qrcodes.models import Counter, Enrolment, Merchant, Print, QRCode, Store
from qrcodes.permissions import PortalRequest, needs
from qrcodes.states import CodeKind, CodeState
from qrcodes.views.scoping import (
    may_change_merchant,
    merchants_to_extend,
    visible_counters,
    visible_merchants,
    visible_stores,
)

_STORES_PER_PAGE = 20


@require_GET
@needs(Right.SEE_STORES)
def store_list(request: PortalRequest) -> HttpResponse:
    """Every store with its counters and their codes at a glance."""
    wanted = "".join(sign for sign in request.GET.get("q", "") if sign.isprintable()).strip()
    stores = visible_stores(request.principal)
    if wanted:
        stores = stores.filter(
            Q(name__icontains=wanted)
            | Q(code__icontains=wanted)
            | Q(merchant__name__icontains=wanted)
            | Q(counters__name__icontains=wanted)
        ).distinct()
    if is_outdated := request.GET.get("outdated") == "on":
        hanging = Print.objects.outdated().values("code__enrolment__store")
        stores = stores.filter(pk__in=hanging)
    page = Paginator(stores.prefetch_related(_counters()), _STORES_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "wanted": wanted,
        "is_outdated": is_outdated,
        "tallies": _tallies(visible_stores(request.principal)),
        "may_add": merchants_to_extend(request.principal).exists(),
        "may_add_merchant": request.principal.holds_everywhere(Right.CHANGE_STORES),
        "registers_stores": services.stores_are_registered(),
    }
    return render(request, "qrcodes/store_list.html", context)


def _counters() -> "Prefetch[Any]":
    """Counters with their live codes, in three queries however many stores are shown."""
    live = Prefetch("codes", QRCode.objects.live().order_by("kind"))
    enrolments = Enrolment.objects.select_related("account", "registration").prefetch_related(live)
    counters = Counter.objects.prefetch_related(Prefetch("enrolments", enrolments))
    return Prefetch("counters", counters)


def _tallies(stores: Any) -> dict[str, int]:
    """How the codes of these stores stand."""
    codes = QRCode.objects.filter(enrolment__store__in=stores)
    tallies: dict[str, int] = codes.aggregate(
        active=Count("pk", filter=Q(state=CodeState.ACTIVE)),
        stopped=Count("pk", filter=Q(state=CodeState.STOPPED)),
        under_way=Count("pk", filter=~Q(next_call="") & Q(question="")),
        questions=Count("pk", filter=~Q(question="")),
    )
    return tallies


@require_GET
@needs(Right.SEE_STORES)
def store_detail(request: PortalRequest, pk: int) -> HttpResponse:
    stores = visible_stores(request.principal).prefetch_related(_counters())
    store = get_object_or_404(stores, pk=pk)
    may_change = request.principal.may(Right.CHANGE_STORES, store=store)
    country = dict(COUNTRIES).get(store.country, store.country)
    context = {
        "store": store,
        "country": country,
        "may_change": may_change,
        "may_print": request.principal.may(Right.CHANGE_CODES, store=store),
        "outdated": Print.objects.outdated().filter(code__enrolment__store=store).with_run(),
        "may_change_merchant": may_change_merchant(request.principal, store.merchant),
        "names_registrants": services.registrants_are_named(),
        "sells_under": store.enrolments.filter(counter=None).select_related("account"),
        "enrollable": Account.objects.exclude(
            pk__in=store.enrolments.filter(counter=None).values("account")
        ),
    }
    return render(request, "qrcodes/store.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def merchant_new(request: PortalRequest) -> HttpResponse:
    """A merchant belongs to no store, so only who may change every store adds one."""
    request.principal.require_everywhere(Right.CHANGE_STORES)
    form = MerchantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        merchant = _saved(
            form,
            lambda terms: services.add_merchant(terms=terms, actor=request.principal.actor),
        )
        if merchant is not None:
            messages.success(request, _("%s is added. Now add its first store.") % merchant)
            return redirect("store_new")
    return _form_page(request, form, title=_("Add a merchant"), button=_("Add merchant"))


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def merchant_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Codes of every store carry the merchant's name, so it needs the right at all of them."""
    merchant = get_object_or_404(visible_merchants(request.principal), pk=pk)
    if not may_change_merchant(request.principal, merchant):
        raise RightMissing(Right.CHANGE_STORES)
    form = MerchantForm(
        request.POST or None, instance=merchant, is_enrolled=services.is_enrolled(merchant)
    )
    if request.method == "POST" and form.is_valid():
        actor = request.principal.actor
        changed = _saved(
            form, lambda terms: services.change_merchant(merchant, terms=terms, actor=actor)
        )
        if changed is not None:
            messages.success(request, _("The merchant is changed."))
            return redirect("store_list")
    title = _("Change %s") % get_object_or_404(visible_merchants(request.principal), pk=pk)
    return _form_page(request, form, title=title, button=_("Save"))


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def store_new(request: PortalRequest) -> HttpResponse:
    merchants = merchants_to_extend(request.principal)
    if not merchants.exists():
        request.principal.require_everywhere(Right.CHANGE_STORES)
        return redirect("merchant_new")
    form = StoreForm(request.POST or None, merchants=merchants, initial=_like_newest(merchants))
    if request.method == "POST" and form.is_valid():
        store = _saved(form, lambda terms: _add_store(request, dict(terms)), refused_field="code")
        if store is not None:
            messages.success(request, _("%s is added. Now add its first counter.") % store)
            return redirect(store)
    return _form_page(request, form, title=_("Add a store"), button=_("Add store"))


def _add_store(request: PortalRequest, terms: dict[str, Any]) -> Store:
    merchant: Merchant = terms.pop("merchant")
    return services.add_store(merchant=merchant, terms=terms, actor=request.principal.actor)


def _like_newest(merchants: Any) -> dict[str, object]:
    """The next store is mostly like the one before: same merchant, country, currency and zone."""
    newest = Store.objects.filter(merchant__in=merchants).order_by("-pk").first()
    if newest is None:
        return {"merchant": merchants.order_by("-pk").first(), "time_zone": "UTC"}
    return {
        "merchant": newest.merchant_id,
        "country": newest.country,
        "pricing_currency": newest.pricing_currency,
        "time_zone": newest.time_zone,
        "business_day_starts": newest.business_day_starts,
    }


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def store_edit(request: PortalRequest, pk: int) -> HttpResponse:
    store = get_object_or_404(visible_stores(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=store)
    form = StoreForm(request.POST or None, instance=store)
    if request.method == "POST" and form.is_valid():
        actor = request.principal.actor
        changed = _saved(form, lambda terms: services.change_store(store, terms=terms, actor=actor))
        if changed is not None:
            messages.success(request, _("The store is changed."))
            return redirect(changed)
    fresh = get_object_or_404(visible_stores(request.principal), pk=pk)
    title = _("Change %s") % fresh
    return _form_page(request, form, title=title, button=_("Save"), store=fresh)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def counter_new(request: PortalRequest, pk: int) -> HttpResponse:
    """A counter of the store ``pk``."""
    store = get_object_or_404(visible_stores(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=store)
    number = store.counters.count() + 1
    initial = {"code": f"C{number}", "name": _("Counter %d") % number}
    form = CounterForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        actor = request.principal.actor
        counter = _saved(
            form,
            lambda terms: services.add_counter(store=store, terms=terms, actor=actor),
            refused_field="code",
        )
        if counter is not None:
            messages.success(request, _("%s is added. Now make its code.") % counter.name)
            return redirect(counter)
    title = _("Add a counter")
    return _form_page(request, form, title=title, button=_("Add counter"), store=store)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def counter_edit(request: PortalRequest, pk: int) -> HttpResponse:
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=counter.store)
    form = CounterForm(request.POST or None, instance=counter)
    if request.method == "POST" and form.is_valid():
        actor = request.principal.actor
        changed = _saved(
            form, lambda terms: services.change_counter(counter, terms=terms, actor=actor)
        )
        if changed is not None:
            messages.success(request, _("The counter is changed."))
            return redirect(changed)
    fresh = get_object_or_404(visible_counters(request.principal), pk=pk)
    title = _("Change %s") % fresh.name
    return _form_page(
        request, form, title=title, button=_("Save"), store=fresh.store, counter=fresh
    )


@require_GET
@needs(Right.SEE_STORES)
def counter_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """A counter: its codes under each account, those that were, and how to make one."""
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    return render(request, "qrcodes/counter.html", counter_context(request, counter))


def counter_context(
    request: PortalRequest, counter: Counter, form: CodeForm | None = None
) -> dict[str, object]:
    """What the counter's page shows; ``form`` is one that was refused."""
    codes = QRCode.objects.with_place().filter(enrolment__counter=counter).order_by("-pk")
    live = [code for code in codes if code.is_live]
    accounts = accounts_for(counter, live)
    kinds = kinds_for(live, accounts)
    may_make = request.principal.may(Right.CHANGE_CODES, store=counter.store)
    enrolments = counter.enrolments.select_related("account", "registration").order_by(
        "account__name"
    )
    return {
        "counter": counter,
        "store": counter.store,
        "live": live,
        "ended": [code for code in codes if not code.is_live],
        "enrolments": enrolments,
        "enrollable": [
            account
            for account in accounts
            if account.pk not in {enrolment.account_id for enrolment in enrolments}
        ],
        "form": form or (CodeForm(accounts=accounts, kinds=kinds) if accounts else None),
        "has_accounts": Account.objects.exists(),
        "may_change": request.principal.may(Right.CHANGE_STORES, store=counter.store),
        "may_make": may_make,
        "prints": list(Print.objects.with_run().filter(code__enrolment__counter=counter)),
    }


def accounts_for(counter: Counter, live: list[QRCode]) -> list[Account]:
    """Accounts under which the counter may still get a code of one kind or the other."""
    taken: dict[int, set[str]] = {}
    for code in live:
        taken.setdefault(code.enrolment.account_id, set()).add(code.kind)
    priced = {
        enrolment.account_id: enrolment.pricing_currency for enrolment in counter.enrolments.all()
    }
    default = counter.store.pricing_currency
    return [
        account
        for account in Account.objects.all()
        if len(taken.get(account.pk, ())) < len(CodeKind)
        and services.fits(account, priced.get(account.pk, default))
    ]


def kinds_for(live: list[QRCode], accounts: list[Account]) -> list[CodeKind]:
    """The kinds of which at least one of the accounts has no code yet."""
    taken = {(code.enrolment.account_id, code.kind) for code in live}
    return [kind for kind in CodeKind if any((one.pk, kind) not in taken for one in accounts)]


def _saved(
    form: forms.BaseForm,
    save: Callable[[dict[str, Any]], Any],
    *,
    refused_field: str | None = None,
) -> Any:
    """What the verb made of the form, or None where it refused: the form says why."""
    try:
        return save(form.cleaned_data)
    except Refusal as refusal:
        form.add_error(refused_field, str(refusal))
        return None


def _form_page(
    request: PortalRequest,
    form: forms.BaseForm,
    *,
    title: str,
    button: str,
    **context: object,
) -> HttpResponse:
    status = 422 if form.errors else 200
    context |= {"form": form, "title": title, "button": button}
    return render(request, "qrcodes/form.html", context, status=status)
