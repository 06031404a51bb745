"""The notifications inspector: what Alipay sent, what waits and why, what was turned away."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import audit, clock, intake
from merchant_portal.access import ROLE_NAMES, Right, roles_with
from merchant_portal.alipay.json_api.notifications import posted_again
from merchant_portal.keyset import Cursor, CursorUnreadable, read_page
from merchant_portal.vault import SealBroken, open_vault
from payments.filtering import tidy_number
from payments.listing import capped_count
from payments.models import IntakeCount, Notification, NotificationQuerySet, Payment, Quarantined
from payments.sentences import WHAT_TO_DO
from payments.states import NotificationState, WaitReason
from qrcodes.permissions import PortalRequest, Principal, needs

_PAGE_SIZE = 50
_DAYS_SHOWN = 14


def visible_notifications(principal: Principal) -> NotificationQuerySet:
    """Those of one's stores; what belongs to no store only where the right holds everywhere."""
    by_code = principal.scope(Right.SEE_NOTIFICATIONS, store_path="code__enrolment__store")
    by_payment = principal.scope(Right.SEE_NOTIFICATIONS, store_path="payment__store")
    return Notification.objects.filter(by_code | by_payment)


@require_GET
@needs(Right.SEE_NOTIFICATIONS)
def notification_list(request: PortalRequest) -> HttpResponse:
    """Verified notifications, those that wait first of all."""
    rows = visible_notifications(request.principal)
    number, asked_state = tidy_number(request.GET.get("q", "")), _asked_state(request)
    state = asked_state if number or asked_state else NotificationState.WAITING.value
    found = _numbered(rows, number) if number else rows
    if state:
        found = found.filter(state=state)
    try:
        cursor = _cursor(request)
    except CursorUnreadable:
        messages.error(request, _("The address of that page was damaged; this is the first."))
        return redirect("notification_list")
    page = read_page(
        found.select_related("account", "payment", "code__enrolment__counter__store"),
        time="",
        cursor=cursor,
        size=_PAGE_SIZE,
    )
    sees_all = request.principal.holds_everywhere(Right.SEE_NOTIFICATIONS)
    context = {
        "page": page,
        "number": number,
        "state": state,
        "query": _query(number, state),
        "number_query": _query(number, ""),
        "counts": {
            each: capped_count(rows.filter(state=each)) for each in NotificationState.values
        },
        "held": capped_count(Quarantined.objects.held()) if sees_all else None,
        "turned_away": _turned_away() if sees_all else [],
        "sees_all": sees_all,
    }
    return render(request, "notifications/list.html", context)


def _asked_state(request: PortalRequest) -> str:
    asked = request.GET.get("state", "")
    return asked if asked in NotificationState.values else ""


def _query(number: str, state: str) -> str:
    """What was asked for, as an address says it."""
    asked = {"q": number, "state": state}
    return urlencode({name: text for name, text in asked.items() if text})


def _cursor(request: PortalRequest) -> Cursor | None:
    """Where the page asked for begins; raises CursorUnreadable."""
    return Cursor.parse(request.GET["page"]) if request.GET.get("page") else None


def _numbered(rows: NotificationQuerySet, number: str) -> QuerySet[Notification]:
    """Notifications by their own id, Alipay's number, or the number of their payment.

    One that waits has no payment yet: it is found by the order number it names itself.
    """
    payments = Payment.objects.numbered(number).values("pk")
    waiting = Q(partner_trans_id=number, state=NotificationState.WAITING)
    return rows.filter(
        Q(notify_id=number) | Q(alipay_trans_id=number) | Q(payment__in=payments) | waiting
    )


def _turned_away() -> QuerySet[IntakeCount]:
    """What was refused without being stored, on the latest days (GMT+8)."""
    return IntakeCount.objects.order_by("-day", "kind")[:_DAYS_SHOWN]


@require_GET
@needs(Right.SEE_NOTIFICATIONS)
def notification_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """One notification: why it waits, what to do, and what was really said."""
    notification = get_object_or_404(
        visible_notifications(request.principal).select_related(
            "account", "payment__store", "code__enrolment__counter__store", "verified_with"
        ),
        pk=pk,
    )
    context = {
        "notification": notification,
        "what_to_do": WHAT_TO_DO.get(WaitReason(notification.reason))
        if notification.reason
        else "",
        **_rights(request.principal, notification),
    }
    return render(request, "notifications/detail.html", context)


def _rights(principal: Principal, notification: Notification) -> dict[str, Any]:
    rights = {"apply": Right.APPLY_NOTIFICATIONS, "see_evidence": Right.SEE_EVIDENCE}
    held = {f"may_{name}": _may(principal, right, notification) for name, right in rights.items()}
    who = {
        f"who_may_{n}": [ROLE_NAMES[r] for r in roles_with(right)] for n, right in rights.items()
    }
    return held | who


def _may(principal: Principal, right: Right, notification: Notification) -> bool:
    """Whether a right reaches the store of the notification's code, or of its payment."""
    code, payment = notification.code, notification.payment
    stores = [code.enrolment.store if code else None, payment.store if payment else None]
    if principal.holds_everywhere(right):
        return True
    return any(principal.may(right, store=store) for store in stores if store is not None)


@require_POST
@needs(Right.APPLY_NOTIFICATIONS)
def notification_apply(request: PortalRequest, pk: int) -> HttpResponse:
    """Let a waiting notification have its effect now; pressing it twice does no harm."""
    found = get_object_or_404(visible_notifications(request.principal), pk=pk)
    if not _may(request.principal, Right.APPLY_NOTIFICATIONS, found):
        request.principal.require_everywhere(Right.APPLY_NOTIFICATIONS)
    notification = intake.apply_again(found.pk, actor=request.principal.actor)
    if notification.state == NotificationState.APPLIED:
        messages.success(request, _("Applied."))
    else:
        messages.warning(
            request,
            _("It still waits: %(why)s") % {"why": notification.get_reason_display()},
        )
    return redirect("notification_detail", pk)


@require_GET
@needs(Right.SEE_NOTIFICATIONS)
def quarantine_list(request: PortalRequest) -> HttpResponse:
    """Bodies that arrived on a known address and did not verify, per account."""
    request.principal.require_everywhere(Right.SEE_NOTIFICATIONS)
    held = Quarantined.objects.held()
    try:
        cursor = _cursor(request)
    except CursorUnreadable:
        messages.error(request, _("The address of that page was damaged; this is the first."))
        return redirect("quarantine_list")
    per_account = (
        held.values("account", "account__name")
        .annotate(
            number=Count("pk"),
            times=Sum("received_count"),
            first=Min("received_at"),
            last=Max("received_at"),
        )
        .order_by("account__name")
    )
    context = {
        "per_account": per_account,
        "page": read_page(
            held.select_related("account", "code__enrolment__counter__store"),
            time="",
            cursor=cursor,
            size=_PAGE_SIZE,
        ),
        "turned_away": _turned_away(),
        "now": clock.now(),
    }
    return render(request, "notifications/quarantine.html", context)


@require_GET
@needs(Right.SEE_EVIDENCE)
def quarantined_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """One body in quarantine, unsealed for those who may see evidence."""
    request.principal.require_everywhere(Right.SEE_EVIDENCE)
    row = get_object_or_404(Quarantined.objects.select_related("account"), pk=pk)
    try:
        body = open_vault(settings.MASTER_KEY).open(bytes(row.sealed_body))
    except SealBroken:
        messages.error(request, _("The master key of this portal does not open this body."))
        return redirect("quarantine_list")
    audit.record(request.principal.actor, "open_quarantined", row)
    context = {
        "row": row,
        "body": body.decode("ascii", "backslashreplace"),
        "for_clinic": f"{_head(row)}\n\n{_as_text(body)}",
    }
    return render(request, "notifications/quarantined.html", context)


def _head(row: Quarantined) -> str:
    """What stood above the body, as a request has it."""
    lines = [f"Content-Type: {row.content_type}"]
    if row.headers:
        posted = posted_again(b"", row.headers)
        lines[:0] = [
            f"POST {posted.path}",
            f"Client-Id: {posted.client_id}",
            f"Request-Time: {posted.request_time}",
            f"Signature: {posted.signature}",
        ]
    return "\n".join(lines)


def _as_text(body: bytes) -> str:
    """A body as somebody would paste it; bytes that are no UTF-8 stay tellable from each other."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")
