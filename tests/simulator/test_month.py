"""Whatever happens in two weeks, the files tell each thing once, and pay out what they told."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from merchant_portal.simulator import cancels, clockwork, night, refunds, trading, truth
from merchant_portal.simulator.books import Books
from merchant_portal.simulator.contracts import partner_from
from merchant_portal.simulator.filing import StatementFile
from merchant_portal.simulator.records import Code, Origin, Trade
from merchant_portal.simulator.terms import Terms, terms_from
from merchant_portal.simulator.trading import Purchase

from .files import rows_of
from .wire import GLOBAL_PARTNER, GLOBAL_TERMS

FIRST = datetime.fromisoformat("2027-03-01T09:00:00+08:00")
DAYS = 14
WORKING_DAYS = {f"2027-03-{day:02}" for day in (1, 2, 3, 5, 8, 9, 10, 11, 12)}
TERMS = {"fee_rate": "0.0137", "settlement_minimum": "40", "holidays": ["2027-03-04"]}


@pytest.fixture
def books() -> Iterator[Books]:
    kept = Books(":memory:")
    kept.add(partner_from({"partner_id": GLOBAL_PARTNER}, None))
    kept.save(terms_from(TERMS, Terms(GLOBAL_PARTNER)))
    for number, settlement in enumerate(("USD", "CNY")):
        biz_data = json.dumps(GLOBAL_TERMS | {"currency": settlement})
        qrcode = f"https://qr.alipay.com/{settlement}"
        ids = (GLOBAL_PARTNER, "M1", f"S{number}", 0, "ACTIVE")
        kept.add(Code(qrcode, *ids, biz_data, "", "UTF-8", 0))
    yield kept
    kept.close()


def give_back(books: Books, trade: Trade, chance: Random) -> None:
    """A cancel, or a refund of a part: at once, or in the night."""
    if chance.random() < 0.2:
        cancels.undo(books, trade, origin=Origin.PORTAL)
        return
    part = max(Decimal("0.01"), (trade.refundable / chance.randint(1, 4)).quantize(Decimal("0.01")))
    number = f"R{chance.getrandbits(60)}"
    refund = refunds.new_refund(books, trade, number=number, amount=part)
    partner = books.partner(GLOBAL_PARTNER)
    if chance.random() < 0.5 and partner is not None:
        refunds.keep_waiting(books, refund, trade, partner)
    else:
        refunds.keep_done(books, refund, trade)


def live_through(books: Books, chance: Random) -> list[StatementFile]:
    """Two weeks of payments and money back, each day closed in its evening."""
    made = []
    for number in range(DAYS):
        morning = FIRST + timedelta(days=number)
        for hour in range(chance.randint(0, 10)):
            clockwork.move_to(books, morning + timedelta(hours=hour))
            amount = f"{chance.randint(1, 999)}.{chance.randint(10, 99)}"
            trading.pay(books, Purchase(chance.choice(("USD", "CNY")), amount))
            refundable = books.select(Trade, "status = 'TRADE_SUCCESS'")
            if chance.random() < 0.6:
                give_back(books, chance.choice(refundable), chance)
        clockwork.move_to(books, morning.replace(hour=23, minute=59))
        made += night.close_day(books)
    return made


def told(files: list[StatementFile], kind: str) -> Counter[tuple[object, ...]]:
    """How often the files of a kind tell each thing; in a settlement every row adds up."""
    rows = [row for filed in files if filed.kind == kind for row in rows_of(Path(filed.path))]
    assert all(row.net_agrees is not False for row in rows)
    return Counter(
        (row.alipay_trans_id, row.kind, row.currency, row.amount_minor, row.fee_minor)
        for row in rows
    )


@pytest.mark.parametrize("seed", range(5))
def test_each_thing_is_told_once_and_settled_once_at_most(books: Books, seed: int) -> None:
    files = live_through(books, Random(seed))
    days, settlements = told(files, "transaction"), told(files, "settlement")
    assert set(days.values()) == set(settlements.values()) == {1}
    assert settlements < days
    assert {filed.day for filed in files if filed.kind == "settlement"} < WORKING_DAYS


@pytest.mark.parametrize("seed", range(5))
def test_what_went_back_whole_costs_nothing(books: Books, seed: int) -> None:
    live_through(books, Random(seed))
    owed: defaultdict[object, Decimal] = defaultdict(Decimal)
    for row in truth.night(books, day=None, partner_id="")["rows"]:
        owed[row["trade_no"]] += Decimal(row["net"])
    whole = books.select(Trade, "refunded = amount")
    assert len(whole) > 5
    assert {owed[trade.trade_no] for trade in whole} == {0}
