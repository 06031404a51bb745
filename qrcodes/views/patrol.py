"""The patrol: is the sticker on this counter ours, and in force?"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from merchant_portal.access import Right
from qrcodes import posters, services
from qrcodes.permissions import PortalRequest, needs
from qrcodes.poster_forms import PatrolForm
from qrcodes.sentences import standing
from qrcodes.services import Finding, Sighting
from qrcodes.views.scoping import visible_codes, visible_counters


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding as the page tells it."""

    finding: Finding
    tone: str
    icon: str
    headline: str
    sentence: str


@require_http_methods(["GET", "POST"])
@needs(Right.SEE_STORES)
def patrol(request: PortalRequest) -> HttpResponse:
    """A photo of the sticker, or what it says; and what it is."""
    counters = visible_counters(request.principal).order_by("store__name", "code")
    form = PatrolForm(
        request.POST or None,
        request.FILES or None,
        counters=counters,
        initial={"counter": request.GET.get("counter", "")},
    )
    answers: list[Answer] = []
    if request.method == "POST" and form.is_valid():
        answers = _answers(request, form)
    context = {"form": form, "answers": answers}
    return render(request, "qrcodes/patrol.html", context, status=422 if form.errors else 200)


def _answers(request: PortalRequest, form: PatrolForm) -> list[Answer]:
    texts = _texts(form)
    if not texts:
        return []
    findings = services.look_at_sticker(
        texts,
        among=visible_codes(request.principal),
        counter=form.cleaned_data["counter"],
        actor=request.principal.actor,
    )
    return [_answer(finding) for finding in findings]


def _texts(form: PatrolForm) -> list[str]:
    """What the sticker says; where a photo says nothing, the form tells why."""
    photo: Any = form.cleaned_data["photo"]
    if not photo:
        return [form.cleaned_data["text"]]
    if photo.size > settings.PHOTO_BYTES:
        form.add_error(
            "photo", _("The photo is too large: choose a smaller size, or move back a little.")
        )
        return []
    try:
        texts = posters.read_picture(photo.read())
    except posters.PictureUnusable:
        form.add_error("photo", _("This is no PNG or JPEG picture that can be read."))
        return []
    if not texts:
        form.add_error(
            "photo",
            _("No code can be read in this photo. Go nearer, hold still, avoid reflections."),
        )
    return list(dict.fromkeys(texts))


def _answer(finding: Finding) -> Answer:
    code = finding.code
    place = str(code.enrolment.place) if code else ""
    version = code.version if code else 0
    known = {"place": place, "version": version}
    match finding.sighting:
        case Sighting.IN_FORCE:
            headline = _("This is %(place)s, version %(version)s, in force.") % known
            return Answer(finding, "good", "circle-check", headline, _caution(finding))
        case Sighting.ELSEWHERE:
            return Answer(
                finding,
                "bad",
                "map-pin-off",
                _("Yours, but not of this counter: it is %(place)s, version %(version)s.") % known,
                _("Whoever pays with it here is shown as paid there. Swap the stickers."),
            )
        case Sighting.NOT_IN_FORCE:
            headline = _("This is %(place)s, version %(version)s, and not in force.") % known
            return Answer(finding, "warn", "circle-pause", headline, standing(code) if code else "")
        case Sighting.ENDED:
            return Answer(
                finding,
                "bad",
                "trash-2",
                _("Take it down: this was %(place)s, version %(version)s.") % known,
                _("The code has ended; nobody can pay with it."),
            )
        case Sighting.NO_SUCH_PRINT:
            return Answer(
                finding,
                "warn",
                "circle-question-mark",
                _("No print of yours carries this check code."),
                _("Look again at each sign, or take a photo of the code itself."),
            )
        case _:
            return Answer(
                finding,
                "bad",
                "shield-alert",
                _("NOT YOUR CODE"),
                _(
                    "It belongs to none of the stores you see. Whoever pays with it pays somebody "
                    "else: take it down, keep it, and tell your manager."
                ),
            )


def _caution(finding: Finding) -> str:
    """A check code can be copied; the squares cannot lie about where they lead."""
    if finding.printed is None:
        return _("Customers who scan it pay you.")
    if not finding.printed.is_hanging:
        return _("But this print was noted as taken down. Take it down, or print it anew.")
    return _(
        "So the sticker claims. A check code can be copied: take a photo of the code to be sure "
        "that nothing is pasted over it."
    )
