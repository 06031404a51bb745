"""Doors for programs: Alipay's notifications, health, metrics."""

from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import clock, health, intake
from merchant_portal import metrics as metrics_reading
from merchant_portal.alipay.json_api.contract import CLIENT_ID
from merchant_portal.alipay.json_api.notifications import (
    SIGNED_HEADERS,
    Acknowledgement,
    Refusal,
    acknowledge,
    parse_posted,
    refuse,
)
from payments import services as payments
from payments.models import IntakeCount
from payments.services import Post

log = structlog.get_logger(__name__)

#: Longer than any signature; what is cut off here verifies under no key.
_LONGEST_HEADER = 4096


@csrf_exempt
@require_POST
def alipay_notify(request: HttpRequest, key: str) -> HttpResponse:
    """Alipay posts a notification: `success` once it is stored and committed, else `fail`.

    Where the database cannot take it, Alipay sends it again.
    """
    try:
        body = _bounded_body(request)
        if body is None:
            payments.count_turned_away(IntakeCount.Kind.TOO_LARGE)
            return _plain("fail")
        is_taken = intake.receive(key, Post(body, request.headers.get("Content-Type", "")))
    except (DatabaseError, InterfaceError):
        log.exception("notification_not_stored")
        return _plain("fail", status=503)
    return _plain("success" if is_taken else "fail")


@csrf_exempt
@require_POST
def alipay_json_notify(request: HttpRequest, key: str) -> HttpResponse:
    """The JSON API posts a notification: 200 and SUCCESS once it is stored and committed; with any
    other answer Alipay sends it again (docs.antom.com/ac/ams/paymentrn)."""
    headers = {name: request.headers.get(name, "")[:_LONGEST_HEADER] for name in SIGNED_HEADERS}
    client_id = headers["Client-Id"] if CLIENT_ID.fullmatch(headers["Client-Id"]) else ""
    try:
        body = _bounded_body(request)
        if body is None:
            payments.count_turned_away(IntakeCount.Kind.TOO_LARGE)
            return _told(refuse(client_id=client_id, now=clock.now(), why=Refusal.TOO_LARGE))
        posted = parse_posted(body, path=_notified_path(request, key), headers=headers)
        content_type = request.headers.get("Content-Type", "")
        is_taken = intake.receive(key, Post(body, content_type, posted.kept_headers))
    except (DatabaseError, InterfaceError):
        log.exception("notification_not_stored")
        return _told(refuse(client_id=client_id, now=clock.now(), why=Refusal.NOT_STORED))
    answer = acknowledge if is_taken else refuse
    return _told(answer(client_id=client_id, now=clock.now()))


def _notified_path(request: HttpRequest, key: str) -> str:
    """The path Alipay signed: that of our own address as we gave it, also behind a proxy that takes
    some of it away."""
    path = urlsplit(settings.PUBLIC_URL).path + reverse("alipay_json_notify", args=[key])
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _told(answer: Acknowledgement) -> HttpResponse:
    return HttpResponse(
        answer.body,
        status=answer.http_status,
        headers={**answer.headers, "Content-Length": str(len(answer.body))},
    )


def _bounded_body(request: HttpRequest) -> bytes | None:
    """The body; None where it is larger than a notification may be, which is then not read."""
    largest = settings.NOTIFICATION_BODY_BYTES
    length = request.headers.get("Content-Length", "")
    if length.isdecimal():
        return None if int(length) > largest else request.body
    # Sent in chunks: Django would read nothing, a server that marks the end can be read to it.
    if not request.META.get("wsgi.input_terminated"):
        return b""
    body: bytes = request.META["wsgi.input"].read(largest + 1)
    return None if len(body) > largest else body


def _plain(text: str, *, status: int = 200) -> HttpResponse:
    body = text.encode()
    return HttpResponse(
        body,
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Length": str(len(body))},
    )


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is alive."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether requests can be served (503 if not), and whether the jobs run."""
    report = health.examine()
    return JsonResponse(
        {"status": report.status, "parts": report.parts}, status=200 if report.is_ready else 503
    )


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """What to watch, for Prometheus; for the token's bearer, or this very machine alone."""
    if not metrics_reading.may_read(request):
        return _plain("Metrics are for the bearer of METRICS_TOKEN.", status=403)
    return HttpResponse(metrics_reading.render(), content_type=metrics_reading.CONTENT_TYPE)
