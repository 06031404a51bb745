"""The page of Alipay's side: mishaps, trades, notices, partners, clock."""

from decimal import Decimal

from .biz_data import store_id_of
from .books import Books, wall_clock
from .clients import client_row
from .control import Control
from .counter_records import Client
from .desk_money import cancel_row, held_words, refund_row
from .mishaps import GatewayMishap, NoticeMishap, RefundMishap
from .night_control import night_values
from .records import Cancel, Mishap, Notice, NoticeState, Partner, Refund, Trade, TradeStatus
from .registrations import Registration
from .review_control import registration_row, review_values
from .trading import MOVES
from .web import Html, Response, fill, join, page

MOST_ROWS = 50
MISHAP_WORDS: dict[str, str] = {
    NoticeMishap.LOST: "Notice lost: never sent",
    NoticeMishap.LATE: "Notice late (seconds)",
    NoticeMishap.DOUBLED: "Notice sent twice",
    NoticeMishap.REORDERED: "Notice held back until the next one was sent",
    NoticeMishap.WITHOUT_OPTIONAL: "Notice without its optional fields",
    NoticeMishap.EXTRA_FIELD: "Notice with an unheard-of field (its text)",
    NoticeMishap.FOREIGN_SELLER: "Notice names another seller (partner id)",
    NoticeMishap.OTHER_AMOUNT: "Notice names another amount, well signed (amount)",
    NoticeMishap.TAMPERED: "Notice changed after signing (amount)",
    NoticeMishap.WRONG_KEY: "Notice signed with a wrong key",
    GatewayMishap.DOWN: "Gateway down: connection closed at once",
    GatewayMishap.HTTP_500: "Gateway answers HTTP 500",
    GatewayMishap.HTML: "Gateway answers an HTML page",
    GatewayMishap.REFUSED: "Gateway refuses (code)",
    GatewayMishap.ERROR_UNSIGNED: "Gateway answers an unsigned error (code)",
    GatewayMishap.UNKNOWN_THEN: "Gateway answers UNKNOWN (done; paid or fails: later)",
    GatewayMishap.NOT_EXIST: "A query says that the payment does not exist",
    GatewayMishap.PAID_MEANWHILE: "The buyer pays just before a cancel arrives",
    GatewayMishap.SLOW: "Gateway slow (seconds)",
    GatewayMishap.DONE_BUT_NO_ANSWER: "Work done, but no answer",
    GatewayMishap.HALF: "Half an answer",
    GatewayMishap.WRONGLY_SIGNED: "Answer signed with a wrong key",
    GatewayMishap.GBK: "Answer in GBK",
    RefundMishap.FAILS: "Asynchronous refund fails in silence (code)",
}
MOVE_WORDS: dict[TradeStatus, str] = {
    TradeStatus.TRADE_SUCCESS: "Paid",
    TradeStatus.TRADE_PENDING: "Freeze",
    TradeStatus.TRADE_FINISHED: "Finish",
    TradeStatus.TRADE_CLOSED: "Close",
}


def control_page(control: Control) -> Response:
    """Everything that can be switched, and what has happened, newest first."""
    books = control.books
    delivery = control.delivery()
    mishaps = books.select(Mishap)
    trades = books.select(Trade)[::-1][:MOST_ROWS]
    notices = books.select(Notice)[::-1][:MOST_ROWS]
    refunds = books.select(Refund)[::-1][:MOST_ROWS]
    cancels = books.select(Cancel)[::-1][:MOST_ROWS]
    registrations = books.select(Registration)[::-1][:MOST_ROWS]
    partners = books.select(Partner)
    choices = [
        fill("_choice.html", {"value": name, "words": words})
        for name, words in MISHAP_WORDS.items()
    ]
    values = {
        "now": wall_clock(books.timestamp()),
        "automatic": "checked" if delivery["automatic"] else "",
        "ladder_scale": f"{delivery['ladder_scale']:g}",
        "timeout_seconds": f"{delivery['timeout_seconds']:g}",
        "choices": join(choices),
        "mishaps": _rows([_mishap_row(mishap) for mishap in mishaps], "Nothing goes wrong."),
        "trades": _rows([_trade_row(trade) for trade in trades], "Nobody has paid yet."),
        "refunds": _rows([refund_row(refund) for refund in refunds], "No refunds yet."),
        "cancels": _rows([cancel_row(cancel) for cancel in cancels], "No cancels yet."),
        "registrations": _rows(
            [registration_row(each) for each in registrations], "No store was handed in."
        ),
        **review_values(books),
        **night_values(books),
        "notices": _rows([_notice_row(notice) for notice in notices], "No notices yet."),
        "clients": _rows(
            [client_row(books, client) for client in books.select(Client)], "No client ids yet."
        ),
        "partners": _rows(
            [_partner_row(books, partner) for partner in partners], "No partners yet."
        ),
    }
    return page("control.html", values, title="Alipay’s side")


def refusal_page(message: str, *, status: int) -> Response:
    """Say why a form of this page was refused."""
    return page("not_possible.html", {"message": message}, title="Not possible", status=status)


def _rows(rows: list[Html], nothing: str) -> Html:
    return join(rows) if rows else fill("_nothing.html", {"words": nothing})


def _mishap_row(mishap: Mishap) -> Html:
    times = "for ever" if mishap.times is None else f"{mishap.times} times"
    where = " ".join(filter(None, (mishap.service, mishap.partner_id)))
    scope = f" · {where or 'everywhere'}"
    values = {
        "words": MISHAP_WORDS[mishap.name],
        "value": mishap.value,
        "times": "once" if mishap.times == 1 else times,
        "scope": scope if mishap.value else scope.removeprefix(" · "),
        "number": str(mishap.mishap_id),
    }
    return fill("_mishap.html", values)


def _trade_row(trade: Trade) -> Html:
    status = TradeStatus(trade.status)
    closed_for_good = status is TradeStatus.TRADE_CLOSED and trade.paid_at is not None
    targets = [] if closed_for_good else [name for name in MOVE_WORDS if name in MOVES[status]]
    moves = [
        fill(
            "_move.html",
            {"trade_no": trade.trade_no, "status": name, "words": MOVE_WORDS[name]},
        )
        for name in targets
        if name != status
    ]
    refund = Html("")
    if status is TradeStatus.TRADE_SUCCESS:
        left = str(trade.refundable)
        refund = fill("_refund.html", {"trade_no": trade.trade_no, "left": left})
    values = {
        "amount": trade.amount,
        "currency": trade.currency,
        "refunded": f"{trade.refunded} given back" if Decimal(trade.refunded) else "",
        "store": trade.terms.get("store_name") or trade.terms["secondary_merchant_name"],
        "store_id": store_id_of(trade.terms),
        "at": wall_clock(trade.created_at),
        "status": trade.status,
        "trade_no": trade.trade_no,
        "out_trade_no": trade.out_trade_no,
        "moves": join([*moves, refund]),
    }
    return fill("_trade.html", values)


def _notice_row(notice: Notice) -> Html:
    waits = notice.state == NoticeState.WAITING
    values = {
        "notify_id": notice.notify_id,
        "trade_no": notice.trade_no,
        "url": notice.url,
        "state": notice.state,
        "attempts": str(notice.attempts),
        "next": f" · next at {wall_clock(notice.next_at)}" if waits and notice.next_at else "",
        "answer": notice.last_answer[:80],
        "status": "" if notice.last_status is None else str(notice.last_status),
    }
    return fill("_notice.html", values)


def _partner_row(books: Books, partner: Partner) -> Html:
    values = {
        "partner_id": partner.partner_id,
        "region": partner.region,
        "sign_types": partner.sign_types.replace(",", ", "),
        "notify_with": partner.notify_with,
        "seller_email": partner.seller_email,
        "held": held_words(books, partner),
    }
    return fill("_partner.html", values)
