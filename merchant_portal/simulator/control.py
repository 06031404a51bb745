"""The switches of Alipay's side over HTTP: partners, mishaps, trades, refunds, clock, delivery."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from . import balances, clockwork, filing, mishaps, refunds, registrations, signing, trading
from .books import ALIPAY_TIME, Books
from .contracts import partner_from, text_of
from .currencies import PRICING_CURRENCIES
from .notice_bodies import content_type, envelope
from .outbox import MerchantAnswer, Outbox
from .records import (
    Mishap,
    Trade,
    TradeStatus,
)
from .truth import shown
from .web import BadRequest, Request, Response, done, json_response
from .wishes import read_balance, read_flag, read_positive

SETTINGS: dict[str, Callable[[Any], str]] = {
    "automatic": lambda wish: "1" if read_flag(wish) else "0",
    "ladder_scale": lambda wish: read_positive(wish),
    "timeout_seconds": lambda wish: read_positive(wish),
}
FARTHEST_OFFSET_SECONDS = 10 * 366 * 86400.0
DEFAULT_SETTINGS = {"automatic": "1", "ladder_scale": "1.0", "timeout_seconds": "10"}


class Control:
    """Everything a person or a test may do at Alipay's side."""

    def __init__(self, books: Books, outbox: Outbox) -> None:
        self.books = books
        self.outbox = outbox

    def save_partner(self, request: Request) -> Response:
        """Create or update a partner; keys that are given replace the ones that were."""
        fields = request.fields()
        partner = partner_from(fields, self.books.partner(str(fields.get("partner_id", ""))))
        self.books.save(partner)
        if "system_integrator" in fields:
            integrates = read_flag(fields["system_integrator"])
            registrations.set_integrator(self.books, partner.partner_id, integrates=integrates)
        public = ""
        if partner.alipay_private_key_pem:
            public = signing.public_key_pem_of(partner.alipay_private_key_pem)
        return done(
            request,
            {
                "partner_id": partner.partner_id,
                "md5_key": partner.md5_key,
                "alipay_public_key_pem": public,
            },
        )

    def switch_mishap(self, request: Request) -> Response:
        """Turn a mishap on."""
        fields = request.fields()
        times = fields.get("times")
        try:
            mishap = Mishap(
                mishap_id=None,
                name=str(fields.get("name", "")),
                value=text_of(fields.get("value")),
                times=None if times in (None, "") else int(str(times)),
                service=text_of(fields.get("service")),
                partner_id=text_of(fields.get("partner_id")),
            )
            switched = mishaps.switch_on(self.books, mishap)
        except ValueError as unusable:
            raise BadRequest(str(unusable)) from unusable
        return done(request, asdict(switched))

    def switch_off(self, request: Request, mishap_id: str) -> Response:
        """Turn one mishap off."""
        mishap = self.books.get(Mishap, int(mishap_id))
        if mishap is None:
            raise LookupError(f"there is no mishap {mishap_id}")
        self.books.remove(mishap)
        return done(request, {"cleared": True})

    def clear_mishaps(self, request: Request) -> Response:
        """Turn every mishap off."""
        with self.books.transaction():
            for mishap in self.books.select(Mishap):
                self.books.remove(mishap)
        return done(request, {"cleared": True})

    def move_trade(self, request: Request, trade_no: str) -> Response:
        """Move a trade by hand."""
        status = str(request.fields().get("status", ""))
        if status not in list(TradeStatus) or status == TradeStatus.WAIT_BUYER_PAY:
            raise BadRequest("status is not one a trade can be moved to")
        trade = trading.move_trade(self.books, trade_no, TradeStatus(status))
        self.outbox.wake()
        return done(request, shown(trade))

    def refund(self, request: Request) -> Response:
        """A refund made in Alipay's own portal."""
        fields = request.fields()
        refund = refunds.refund_in_portal(
            self.books,
            text_of(fields.get("trade_no")),
            amount=text_of(fields.get("amount")),
            out_biz_no=text_of(fields.get("out_biz_no")),
        )
        self.outbox.wake()
        trade = self.books.get(Trade, refund.trade_no)
        status = trade.status if trade else ""
        return done(request, shown(refund) | {"status": status})

    def run_night(self, request: Request) -> Response:
        """Run every waiting refund now, whatever the clock says."""
        ran = refunds.run_night(self.books)
        self.outbox.wake()
        return done(request, {"ran": [shown(refund) for refund in ran]})

    def return_refund(self, request: Request, refund_id: str) -> Response:
        """Money of a refund that could not reach the buyer comes back."""
        return done(request, shown(refunds.return_money(self.books, int(refund_id))))

    def set_balance(self, request: Request) -> Response:
        """How much of a partner's money is left for refunds; without an amount: no limit."""
        fields = request.fields()
        partner_id, currency = text_of(fields.get("partner_id")), text_of(fields.get("currency"))
        if self.books.partner(partner_id) is None or currency not in PRICING_CURRENCIES:
            raise BadRequest("there is no such partner or currency")
        clockwork.catch_up(self.books)
        amount = read_balance(text_of(fields.get("amount")), currency)
        balances.set_left(self.books, partner_id, currency, amount)
        limits = balances.limits(self.books, partner_id)
        return done(request, {"partner_id": partner_id, "refund_balance": limits})

    def set_clock(self, request: Request) -> Response:
        """Move Alipay's clock."""
        fields = request.fields()
        window = fields.pop("timestamp_window_minutes", None)
        if window is not None:
            self.books.set_setting("timestamp_window_minutes", read_positive(window))
        offset = self._offset(fields) if fields or window is None else self._kept_offset()
        if not abs(offset) <= FARTHEST_OFFSET_SECONDS:
            raise BadRequest("the clock moves by ten years at most")
        self.books.set_setting("clock_offset_seconds", str(offset))
        clockwork.catch_up(self.books)
        self.outbox.wake()
        now = self.books.now().isoformat()
        return done(request, {"now": now, "offset_seconds": offset})

    def set_delivery(self, request: Request) -> Response:
        """Automatic or by hand, how compressed the ladder is, how long an answer may take."""
        for name, wish in request.fields().items():
            if name not in SETTINGS:
                raise BadRequest(f"there is no setting {name!r}")
            self.books.set_setting(name, SETTINGS[name](wish))
        self.outbox.wake()
        return done(request, self.delivery())

    def deliver(self, request: Request) -> Response:
        """Deliver what is due, now."""
        sent = self.outbox.deliver_due()
        return done(request, {"delivered": [shown(notice) for notice in sent]})

    def reset(self, request: Request) -> Response:
        """Forget everything but how notices are delivered."""
        kept = {name: self.books.setting(name, text) for name, text in DEFAULT_SETTINGS.items()}
        filing.remove_all(self.books)
        self.books.clear()
        for name, text in kept.items():
            self.books.set_setting(name, text)
        return done(request, {"reset": True})

    def due(self) -> Response:
        """What is due, for those who carry notices themselves; a doubled one appears twice."""
        return json_response(
            [
                {
                    "id": notice.notice_id,
                    "url": notice.url,
                    "content_type": content_type(notice),
                    "headers": envelope(notice).headers,
                    "body": envelope(notice).body,
                }
                for notice in self.outbox.due()
                for _ in range(notice.copies)
            ],
        )

    def answered(self, request: Request, notice_id: str) -> Response:
        """Somebody carried a notice and tells what the merchant answered."""
        fields = request.fields()
        status = fields.get("status")
        if status is not None and not isinstance(status, int):
            raise BadRequest("status is a number, or null for no answer")
        answer = MerchantAnswer(status, str(fields.get("body") or ""))
        return json_response(shown(self.outbox.record_answer(int(notice_id), answer)))

    def delivery(self) -> dict[str, object]:
        """How notices are delivered."""
        read = {name: self.books.setting(name, text) for name, text in DEFAULT_SETTINGS.items()}
        return {
            "automatic": read["automatic"] == "1",
            "ladder_scale": float(read["ladder_scale"]),
            "timeout_seconds": float(read["timeout_seconds"]),
        }

    def _offset(self, fields: dict[str, Any]) -> float:
        now = self.books.now()
        offset = self._kept_offset()
        try:
            if fields.get("now"):
                wanted = datetime.fromisoformat(str(fields["now"]))
                if wanted.tzinfo is None:
                    wanted = wanted.replace(tzinfo=ALIPAY_TIME)
                return offset + (wanted - now).total_seconds()
            if fields.get("advance_seconds") not in (None, ""):
                return offset + float(fields["advance_seconds"])
            return float(fields["offset_seconds"])
        except (KeyError, TypeError, ValueError) as unusable:
            raise BadRequest("give offset_seconds, advance_seconds or now") from unusable

    def _kept_offset(self) -> float:
        return float(self.books.setting("clock_offset_seconds", "0"))
