"""Posters: made, read back by a reader that is not ours, and only then offered and kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from qrcodes import posters
from qrcodes.check_codes import check_code_of
from qrcodes.errors import PrintRefused
from qrcodes.models import MerchantLogo, Print, PrintRun, QRCode
from qrcodes.posters import Language, Poster, Size
from qrcodes.sentences import why_no_image


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants printed, and why once more."""

    size: Size
    language: Language
    reason: str = ""
    where: str = ""


def print_codes(codes: Sequence[QRCode], order: Order, *, actor: Actor) -> PrintRun:
    """Make one file of posters for these codes and note down each print; raises PrintRefused.

    Drawing and reading back take seconds for a whole merchant, so they are done before anything
    is locked; what changed meanwhile is seen under the lock.
    """
    _refuse_number_of(codes)
    for code in codes:
        if why := why_no_image(code):
            raise PrintRefused(f"{code.enrolment.place}: {why}")
    numbers = _next_numbers(codes)
    if not order.reason and any(number > 1 for number in numbers.values()):
        raise PrintRefused(_("It was printed before: say why it is printed again."))
    shown = _posters_of(codes, numbers)
    pdf = _drawn(shown, order)
    pages = _read_back(pdf, shown, order)
    return _keep(codes, order, numbers=numbers, pdf=pdf, pages=pages, actor=actor)


def _refuse_number_of(codes: Sequence[QRCode]) -> None:
    most = settings.POSTERS_IN_ONE_FILE
    if not codes:
        raise PrintRefused(_("There is no active code to print."))
    if len(codes) > most:
        raise PrintRefused(
            _("These are %(number)s codes; one file holds %(most)s. Print store by store.")
            % {"number": len(codes), "most": most}
        )


def _next_numbers(codes: Sequence[QRCode]) -> dict[int, int]:
    """The number of each code's next print."""
    found = (
        Print.objects.filter(code__in=codes)
        .order_by()
        .values_list("code")
        .annotate(newest=Max("number"))
    )
    newest = dict(found)
    return {code.pk: newest.get(code.pk, 0) + 1 for code in codes}


def _posters_of(codes: Sequence[QRCode], numbers: dict[int, int]) -> list[Poster]:
    merchants = {code.enrolment.store.merchant_id for code in codes}
    logos = dict(
        MerchantLogo.objects.filter(merchant__in=merchants).values_list("merchant_id", "png")
    )
    return [
        Poster(
            shop=code.enrolment.store.name,
            counter=code.enrolment.counter.name if code.enrolment.counter else "",
            value=code.value,
            version=code.version,
            check_code=check_code_of(code.value, number=numbers[code.pk]),
            is_hong_kong=code.enrolment.account.is_hk,
            logo=bytes(logos.get(code.enrolment.store.merchant_id, b"")),
        )
        for code in codes
    ]


def _drawn(shown: list[Poster], order: Order) -> bytes:
    try:
        return posters.draw(
            shown, size=order.size, language=order.language, fonts=settings.POSTER_FONTS
        )
    except posters.FontMissing as missing:
        raise PrintRefused(no_font_sentence()) from missing
    except posters.SignsMissing as missing:
        raise PrintRefused(
            _("No font on this machine has these characters of the names: %s") % missing.signs
        ) from missing


def no_font_sentence() -> str:
    """What to install where Chinese cannot be printed."""
    return _(
        "No font with Chinese characters can be embedded here. Install the package "
        "fonts-droid-fallback (or fonts-wqy-zenhei), or put a TrueType font at %s."
    ) % settings.POSTER_FONTS[0].relative_to(settings.VAR_DIR.parent)


def _read_back(pdf: bytes, shown: list[Poster], order: Order) -> int:
    """How many pages were read back as they should be."""
    pages = posters.arrange(shown, order.size)
    try:
        posters.read_back(pdf, [[poster.value for poster in page] for page in pages])
    except posters.PosterUnreadable as unread:
        raise PrintRefused(
            _(
                "Page %s does not read back as its code, so nothing is offered. If the logo shows "
                "a code of its own, take another."
            )
            % unread.page
        ) from unread
    return len(pages)


@transaction.atomic
def _keep(
    codes: Sequence[QRCode],
    order: Order,
    *,
    numbers: dict[int, int],
    pdf: bytes,
    pages: int,
    actor: Actor,
) -> PrintRun:
    rows = QRCode.objects.select_for_update().filter(pk__in=[code.pk for code in codes])
    locked = {code.pk: code for code in rows.order_by("pk")}
    for code in codes:
        now = locked[code.pk]
        if (now.state, now.value) != (code.state, code.value):
            raise PrintRefused(_("A code was changed at this moment. Look again."))
    if _next_numbers(codes) != numbers:
        raise PrintRefused(_("Somebody printed it at this moment. Look again."))
    run = PrintRun.objects.create(
        size=order.size.value,
        language=order.language.value,
        reason=order.reason,
        printed_at=clock.now(),
        printed_by=actor.user,
        actor_name=actor.name[:200],
        pages=pages,
        pdf=pdf,
        digest=hashlib.sha256(pdf).hexdigest(),
    )
    for code in codes:
        number = numbers[code.pk]
        check_code = check_code_of(code.value, number=number)
        Print.objects.create(
            run=run, code=code, number=number, check_code=check_code, where=order.where
        )
        audit.record(
            actor, "print_code", code, run=run.pk, check_code=check_code, reason=order.reason
        )
    return run


@transaction.atomic
def take_down(printed: Print, *, actor: Actor) -> Print:
    """Somebody has taken a print down; raises PrintRefused where it is down already."""
    locked = Print.objects.select_for_update().get(pk=printed.pk)
    if not locked.is_hanging:
        raise PrintRefused(_("It was taken down already."))
    locked.taken_down_at = clock.now()
    locked.taken_down_by = actor.name[:200]
    locked.save(update_fields=["taken_down_at", "taken_down_by"])
    audit.record(actor, "take_print_down", locked.code, check_code=locked.check_code)
    return locked


@transaction.atomic
def say_where(printed: Print, where: str, *, actor: Actor) -> Print:
    """Note down where a print hangs."""
    locked = Print.objects.select_for_update().get(pk=printed.pk)
    before, locked.where = locked.where, where.strip()[:200]
    if locked.where != before:
        locked.save(update_fields=["where"])
        audit.record(
            actor,
            "move_print",
            locked.code,
            check_code=locked.check_code,
            changed=[before, locked.where],
        )
    return locked


def printed_sentence(run: PrintRun) -> str:
    """What the scan-back has shown."""
    return ngettext(
        "%(pages)s page, read back by an independent reader: it shows exactly its code.",
        "%(pages)s pages, read back by an independent reader: each shows exactly its codes.",
        run.pages,
    ) % {"pages": run.pages}
