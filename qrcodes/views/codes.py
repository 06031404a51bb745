"""Pages of codes and enrolments, and what people do with codes."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.alipay.charsets import codec_of, media_type
from qrcodes import services, tasks
from qrcodes.errors import Refusal
from qrcodes.forms import AccountChoice, CodeForm, EnrolmentForm, FeeForm
from qrcodes.history import history_of
from qrcodes.models import Counter, QRCode
from qrcodes.permissions import PortalRequest, needs
from qrcodes.sentences import outcome_sentence, reason_sentence, standing, why_no_image
from qrcodes.services.enrolments import is_frozen, is_registered
from qrcodes.states import CodeKind, CodeState
from qrcodes.views.places import accounts_for, counter_context, kinds_for
from qrcodes.views.scoping import (
    visible_code,
    visible_counters,
    visible_enrolments,
    visible_stores,
)

_CALLS_SHOWN = 50


@require_POST
@needs(Right.CHANGE_CODES)
def code_new(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask for a code for the counter ``pk``."""
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_CODES, store=counter.store)
    live = list(QRCode.objects.live().with_place().filter(enrolment__counter=counter))
    accounts = accounts_for(counter, live)
    form = CodeForm(request.POST, accounts=accounts, kinds=kinds_for(live, accounts))
    if form.is_valid():
        try:
            code = _make_code(request, counter, form)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            tasks.nudge(code.pk)
            return redirect(code)
    context = counter_context(request, counter, form)
    return render(request, "qrcodes/counter.html", context, status=422)


def _make_code(request: PortalRequest, counter: Counter, form: CodeForm) -> QRCode:
    actor = request.principal.actor
    wanted = form.cleaned_data
    enrolment = services.enrol_counter(counter, account=wanted["account"], actor=actor)
    return services.make_code(
        enrolment,
        actor=actor,
        kind=CodeKind(wanted["kind"]),
        channel_fee_type=wanted["channel_fee_type"],
        channel_fee_value=wanted["channel_fee_value"],
    )


@require_POST
@needs(Right.CHANGE_STORES)
def enrolment_new(request: PortalRequest, pk: int) -> HttpResponse:
    """Set down how the counter ``pk`` is known under an account, before any code is asked for."""
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=counter.store)
    account = _chosen_account(request)
    try:
        enrolment = services.enrol_counter(counter, account=account, actor=request.principal.actor)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(counter)
    goes_on = "registration_detail" if request.POST.get("then") == "register" else "enrolment_edit"
    return redirect(goes_on, enrolment.pk)


@require_POST
@needs(Right.CHANGE_STORES)
def store_enrol(request: PortalRequest, pk: int) -> HttpResponse:
    """Set down how the store as a whole is known under an account, for what its counters begin."""
    store = get_object_or_404(visible_stores(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=store)
    account = _chosen_account(request)
    try:
        enrolment = services.enrol_store(store, account=account, actor=request.principal.actor)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(store)
    return redirect("enrolment_edit", enrolment.pk)


def _chosen_account(request: PortalRequest) -> Account:
    form = AccountChoice(request.POST)
    if not form.is_valid():
        raise Http404
    account: Account = form.cleaned_data["account"]
    return account


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def enrolment_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """How a counter is known at Alipay; the store id is fixed once Alipay keeps a code."""
    enrolment = get_object_or_404(visible_enrolments(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=enrolment.store)
    frozen = is_frozen(enrolment)
    form = EnrolmentForm(
        request.POST or None,
        instance=enrolment,
        is_frozen=frozen,
        is_registered=is_registered(enrolment),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_enrolment(
                enrolment, terms=form.cleaned_data, actor=request.principal.actor
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The enrolment is changed."))
            return redirect(enrolment.place)
    context = {"form": form, "enrolment": enrolment, "is_frozen": frozen}
    status = 422 if form.errors else 200
    return render(request, "qrcodes/enrolment.html", context, status=status)


@dataclass(frozen=True, slots=True)
class ShownCall:
    """A call to Alipay as the code's page shows it."""

    row: GatewayCall
    sentence: str
    answer: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Something a person may say has become of a code."""

    state: CodeState
    sentence: str


@require_GET
@needs(Right.SEE_STORES)
def code_detail(request: PortalRequest, pk: int) -> HttpResponse:
    code = visible_code(request.principal, pk)
    return render(request, "qrcodes/code.html", _code_context(request, code))


@require_GET
@needs(Right.SEE_STORES)
def code_standing(request: PortalRequest, pk: int) -> HttpResponse:
    """The part of the code's page that says where it stands, for a page that looks again."""
    code = visible_code(request.principal, pk)
    response = render(request, "qrcodes/_standing.html", _code_context(request, code))
    if not _is_under_way(code):
        response["HX-Refresh"] = "true"
    return response


def _is_under_way(code: QRCode) -> bool:
    """Whether a call is owed that needs no person: the page looks again by itself."""
    return bool(code.next_call) and not code.question


def _code_context(
    request: PortalRequest, code: QRCode, fee_form: FeeForm | None = None
) -> dict[str, object]:
    store = code.enrolment.store
    may_see_evidence = request.principal.may(Right.SEE_EVIDENCE, store=store)
    return {
        "code": code,
        "store": store,
        "counter": code.enrolment.counter,
        "standing": standing(code),
        "is_under_way": _is_under_way(code),
        "refusal": reason_sentence(code.refusal),
        "last_answer": reason_sentence(code.last_answer),
        "why_no_image": why_no_image(code),
        "history": history_of(code),
        "calls": calls_about("qrcode", code.pk) if may_see_evidence else [],
        "may_see_evidence": may_see_evidence,
        "may_change": request.principal.may(Right.CHANGE_CODES, store=store),
        "outcomes": [
            Outcome(state, outcome_sentence(code, state)) for state in services.outcomes_of(code)
        ],
        "fee_form": fee_form or _fee_form(code),
    }


def _fee_form(code: QRCode) -> FeeForm | None:
    if code.kind != CodeKind.WITH_FEE or not code.is_settled:
        return None
    return FeeForm(code=code, initial={"channel_fee_value": code.channel_fee_value})


def calls_about(subject_type: str, pk: int) -> list[ShownCall]:
    """The latest calls to Alipay about a code or a registration."""
    rows = GatewayCall.objects.filter(subject_type=subject_type, subject_id=pk)[:_CALLS_SHOWN]
    return [ShownCall(row, reason_sentence(row.code), _read(row)) for row in rows]


def _read(row: GatewayCall) -> str:
    """An answer's bytes as text, by the charset it declares; what does not decode is marked."""
    body = bytes(row.body)
    declared = media_type(row.content_type)[1] or "utf-8"
    return body.decode(codec_of(declared) or "utf-8", errors="replace")


def _change(
    request: PortalRequest, pk: int, verb: Callable[[QRCode], QRCode], said: str
) -> HttpResponse:
    """Let a person change a code: what is refused is said on the code's page."""
    code = visible_code(request.principal, pk)
    request.principal.require(Right.CHANGE_CODES, store=code.enrolment.store)
    try:
        verb(code)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
        tasks.nudge(code.pk)
    return redirect(code)


def _want(request: PortalRequest, pk: int, wanted: CodeState, said: str) -> HttpResponse:
    actor = request.principal.actor
    return _change(request, pk, lambda code: services.want_state(code, wanted, actor=actor), said)


@require_POST
@needs(Right.CHANGE_CODES)
def code_stop(request: PortalRequest, pk: int) -> HttpResponse:
    return _want(request, pk, CodeState.STOPPED, _("Alipay is asked to stop the code."))


@require_POST
@needs(Right.CHANGE_CODES)
def code_restart(request: PortalRequest, pk: int) -> HttpResponse:
    return _want(request, pk, CodeState.ACTIVE, _("Alipay is asked to let the code work again."))


@require_POST
@needs(Right.CHANGE_CODES)
def code_delete(request: PortalRequest, pk: int) -> HttpResponse:
    """Final, so the tick that says so must have been set."""
    if request.POST.get("is_final") != "yes":
        code = visible_code(request.principal, pk)
        messages.error(request, _("Tick that the delete is final."))
        return redirect(code)
    return _want(request, pk, CodeState.DELETED, _("Alipay is asked to delete the code."))


@require_POST
@needs(Right.CHANGE_CODES)
def code_send_again(request: PortalRequest, pk: int) -> HttpResponse:
    actor = request.principal.actor
    return _change(
        request,
        pk,
        lambda code: services.send_again(code, actor=actor),
        _("The call is made again."),
    )


@require_POST
@needs(Right.CHANGE_CODES)
def code_decide(request: PortalRequest, pk: int) -> HttpResponse:
    """A person says what has become of a code that Alipay does not answer for."""
    word, reason = request.POST.get("outcome", ""), request.POST.get("reason", "")
    code = visible_code(request.principal, pk)
    if word not in CodeState:
        messages.error(request, _("Choose what has become of the code."))
        return redirect(code)
    actor = request.principal.actor
    return _change(
        request,
        pk,
        lambda code: services.decide(code, CodeState(word), reason=reason, actor=actor),
        _("Your decision is kept with the code."),
    )


@require_POST
@needs(Right.CHANGE_CODES)
def code_fee(request: PortalRequest, pk: int) -> HttpResponse:
    """Another channel fee for a code that has one."""
    code = visible_code(request.principal, pk)
    request.principal.require(Right.CHANGE_CODES, store=code.enrolment.store)
    if code.kind != CodeKind.WITH_FEE:
        messages.error(request, _("A code made without a channel fee cannot be given one."))
        return redirect(code)
    form = FeeForm(request.POST, code=code)
    if not form.is_valid():
        context = _code_context(request, code, form)
        return render(request, "qrcodes/code.html", context, status=422)
    value: str = form.cleaned_data["channel_fee_value"]
    actor = request.principal.actor
    return _change(
        request,
        pk,
        lambda code: services.change_fee(code, channel_fee_value=value, actor=actor),
        _("Alipay is told the new channel fee."),
    )
