"""After PUBLIC_URL changed: have Alipay post notifications of every code to the new address."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from merchant_portal.audit import COMMAND_LINE
from qrcodes import services
from qrcodes.models import QRCode
from qrcodes.services import Refreshed


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        refreshed = services.refresh_notify_urls(actor=COMMAND_LINE)
        for one in refreshed:
            if one.is_owed:
                services.send_code(one.code)
        if options["json"]:
            self.stdout.write(json.dumps([_members(one) for one in refreshed], indent=2))
            return
        for one in refreshed:
            self.stdout.write(f"{one.code}: {_outcome(one)}")
        if not refreshed:
            self.stdout.write(f"Every code posts to {settings.PUBLIC_URL} already.")


def _outcome(one: Refreshed) -> str:
    code = one.code
    if code.notify_url == code.wanted_notify_url:
        return f"now posts to {code.notify_url}"
    if code.question:
        return f"waits for a person: {code.get_question_display()}"
    if code.next_attempt_at is None:
        return f"is {code.get_state_display()}"
    return f"not answered yet, tried again at {code.next_attempt_at:%H:%M:%S} UTC"


def _members(one: Refreshed) -> dict[str, object]:
    code: QRCode = one.code
    next_at = code.next_attempt_at
    return {
        "code": code.pk,
        "place": str(code.enrolment.place),
        "account": str(code.enrolment.account),
        "state": code.state,
        "notify_url_before": one.notify_url_before,
        "notify_url_wanted": code.wanted_notify_url,
        "is_in_force": code.notify_url == code.wanted_notify_url,
        "next_attempt_at": next_at.isoformat() if next_at else None,
        "question": code.question,
    }
