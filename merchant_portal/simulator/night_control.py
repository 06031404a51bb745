"""The night over HTTP and on the page: contract terms, closing a day, the files it wrote."""

from dataclasses import asdict, replace
from datetime import date
from typing import Any
from urllib.parse import quote

from . import clockwork, filing, night, truth
from .books import Books, wall_clock
from .contracts import text_of
from .fault_control import fault_values
from .filing import StatementFile
from .outbox import Outbox
from .records import Partner
from .terms import Terms, folder_of, keep_item_terms, read_day, shown_terms, terms_from, terms_of
from .web import BadRequest, Html, Request, Response, done, fill, join, json_response, page

TOLD = ("name", "path", "partner_id", "kind", "day", "rows", "delivery")
NO_FILE = "No file was written: nothing happened, or a fault holds the file back."
RULE_WORDS = {
    "working_days": "settled on the next working day",
    "daily": "settled every next day",
    "same_day": "settled on the day itself",
}


def save_terms(books: Books, request: Request) -> Response:
    """Change a partner's terms; what is not said stays, on the page also what is left empty."""
    fields = request.fields()
    if request.wants_page:
        fields = {name: text for name, text in fields.items() if text}
    known = _terms(books, text_of(fields.get("partner_id")))
    clockwork.catch_up(books)
    with books.transaction():
        terms = _changed(books, fields, _terms(books, known.partner_id))
    return done(request, shown_terms(books, terms))


def _changed(books: Books, fields: dict[str, Any], known: Terms) -> Terms:
    rest = keep_item_terms(books, known.partner_id, fields)
    terms = terms_from(rest, known)
    if terms.automatic_files and not known.automatic_files:
        terms = replace(terms, closed_until=night.last_ready_day(books).isoformat())
    books.save(terms)
    return terms


def run_night(books: Books, outbox: Outbox, request: Request) -> Response:
    """Close a day so far and write its files."""
    fields = request.fields()
    clockwork.catch_up(books)
    partner_id = text_of(fields.get("partner_id"))
    try:
        made = night.close_day(books, day=_day(fields.get("day")), partner_id=partner_id)
    except night.TooFarAhead as refused:
        raise BadRequest(str(refused)) from refused
    outbox.wake()
    if request.wants_page:
        return _files_page(made, "The files of this night", NO_FILE)
    return json_response([_told(each) for each in made])


def list_files(books: Books) -> Response:
    """Every file there is, in its last delivery."""
    return _files_page(filing.newest(books), "Files", "No files yet: run the night.")


def show_file(books: Books, request: Request, partner_id: str, name: str) -> Response:
    """A file as it lies there, to read or to keep."""
    content = filing.find(books, partner_id, name).read_bytes()
    kept = (("Content-Disposition", f'attachment; filename="{name}"'),)
    return Response(
        content_type=f"text/plain;charset={_charset_of(content)}",
        body=content,
        headers=(
            ("X-Content-Type-Options", "nosniff"),
            *(kept if "download" in request.parameters else ()),
        ),
    )


def files_json(books: Books) -> Response:
    """Every delivery of every file."""
    return json_response(truth.files(books))


def night_json(books: Books, request: Request) -> Response:
    """What every day's rows should be."""
    wishes = request.parameters
    day = _day(wishes.get("day"))
    return json_response(truth.night(books, day=day, partner_id=wishes.get("partner_id", "")))


def night_values(books: Books) -> dict[str, str]:
    """What the night's card on the page shows."""
    partners = books.select(Partner)
    rows = [_terms_row(books, terms_of(books, each.partner_id)) for each in partners]
    choices = [
        fill(
            "_choice.html", {"value": each.partner_id, "words": f"{each.partner_id} {each.region}"}
        )
        for each in partners
    ]
    return {
        "today": books.now().date().isoformat(),
        "partner_choices": join(choices),
        **fault_values(books),
        "terms": join(rows) if rows else fill("_nothing.html", {"words": "No partners yet."}),
    }


def _terms(books: Books, partner_id: str) -> Terms:
    if books.partner(partner_id) is None:
        raise BadRequest("there is no such partner")
    return terms_of(books, partner_id)


def _day(wish: Any) -> date | None:
    return None if wish in (None, "") else read_day(wish)


def _told(filed: StatementFile) -> dict[str, object]:
    members = asdict(filed)
    return {name: members[name] for name in TOLD}


def _charset_of(content: bytes) -> str:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _files_page(files: list[StatementFile], title: str, nothing: str) -> Response:
    rows = join([_file_row(each) for each in files]) or fill("_nothing.html", {"words": nothing})
    return page("files.html", {"heading": title, "files": rows}, title=title)


def _file_row(filed: StatementFile) -> Html:
    rows = "1 row" if filed.rows == 1 else f"{filed.rows} rows"
    delivery = f" · delivery {filed.delivery}" if filed.delivery > 1 else ""
    values = {
        "name": filed.name,
        "address": f"/files/{quote(filed.partner_id)}/{quote(filed.name)}",
        "kind": filed.kind,
        "told": f"{filed.day} · {rows}{delivery}",
        "when": wall_clock(filed.written_at),
        "path": filed.path,
    }
    return fill("_file.html", values)


def _terms_row(books: Books, terms: Terms) -> Html:
    words = (
        f"fee {terms.fee_rate}, back on refund: {terms.fee_back.replace('_', ' ')}",
        RULE_WORDS[terms.settlement_rule],
        f"from {terms.settlement_minimum}" if terms.settlement_minimum != "0" else "",
        f"in {terms.settlement_currency or 'each code’s currency'}",
        f"signs: {terms.sign_style.replace('_', ' ')}",
        "a file on idle days too" if terms.idle_files else "",
        "files come by themselves" if terms.automatic_files else "",
    )
    values = {
        "partner_id": terms.partner_id,
        "words": " · ".join(filter(None, words)),
        "folder": str(folder_of(books, terms)),
    }
    return fill("_terms.html", values)
