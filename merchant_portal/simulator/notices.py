"""Notices of what happened to trades, on their way into the outbox."""

import json
import secrets
from ipaddress import ip_address
from urllib.parse import urlsplit

from . import mishaps
from .books import Books
from .mishaps import NoticeMishap
from .notice_bodies import content_type
from .notice_words import Action, Spoken, words_of
from .records import Notice, NoticeState, Partner, Refund, Trade

__all__ = ["Action", "announce", "content_type", "is_loopback"]


def announce(books: Books, trade: Trade, action: Action, refund: Refund | None = None) -> None:
    """Put a notice of what happened to a trade into the outbox."""
    partner = books.partner(trade.partner_id)
    if partner is None:
        return
    spoken = words_of(books, trade, action, partner, refund)
    if spoken is not None and spoken.url:  # Without an address it happens in silence.
        _put(books, trade, partner, spoken)


def _put(books: Books, trade: Trade, partner: Partner, spoken: Spoken) -> None:
    now = books.timestamp()
    notice = Notice(
        notice_id=None,
        notify_id=secrets.token_hex(17),
        partner_id=partner.partner_id,
        trade_no=trade.trade_no,
        url=spoken.url,
        fields=json.dumps(spoken.fields, ensure_ascii=False),
        sign_type=spoken.sign_type,
        charset=spoken.charset,
        state=_first_state(books, spoken.url, partner),
        attempts=0,
        copies=2 if mishaps.strikes(books, NoticeMishap.DOUBLED, partner.partner_id) else 1,
        created_at=now,
        next_at=now + _delay_seconds(books, partner),
        prepared_body="",
        last_status=None,
        last_answer="",
    )
    books.add(notice)


def is_loopback(url: str) -> bool:
    """Whether the address is on this very machine; nothing else is ever posted to."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _first_state(books: Books, url: str, partner: Partner) -> NoticeState:
    if not is_loopback(url):
        return NoticeState.UNDELIVERABLE
    if mishaps.strikes(books, NoticeMishap.LOST, partner.partner_id):
        return NoticeState.LOST
    if mishaps.strikes(books, NoticeMishap.REORDERED, partner.partner_id):
        return NoticeState.HELD
    return NoticeState.WAITING


def _delay_seconds(books: Books, partner: Partner) -> float:
    late = mishaps.take(books, NoticeMishap.LATE, partner_id=partner.partner_id)
    return 0.0 if late is None else float(late.value)
