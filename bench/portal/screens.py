"""Counters with a code and a paired device each, in the middle of a busy day.

`python -m bench.portal.screens N TAKEN` makes N counters that took TAKEN payments each within the
last hours, and prints for each where Alipay posts to and the token of its device, as JSON.
"""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta

from bench.portal.shop import make_account, make_code_of, make_counters
from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.models import User
from payments.models import Payment, PaymentMove
from payments.states import PaymentState
from qrcodes import services as codes
from qrcodes.models import Counter, Membership


def main(number: int, taken: int) -> None:
    account = make_account()
    manager = User.objects.create(username="manager")
    Membership.objects.create(user=manager, role=Role.MANAGER)
    counters = make_counters(number)
    _make_payments(account, counters, taken)
    told = [
        {
            "notify_path": make_code_of(counter, account=account).notify_path,
            "token": _pair(counter, manager),
        }
        for counter in counters
    ]
    print(json.dumps(told))


def _pair(counter: Counter, manager: User) -> str:
    offered = codes.offer_pairing(
        counter, name="Tablet", shows_takings=True, by=manager, actor=COMMAND_LINE
    )
    return codes.pair_device(offered.code, address="192.0.2.1").token


def _make_payments(account: Account, counters: list[Counter], taken: int) -> None:
    rows = list(_payments(account, counters, taken))
    moves = [
        PaymentMove(
            payment=payment, to_state=payment.state, at=payment.occurred_at, actor_name="Alipay"
        )
        for payment in Payment.objects.bulk_create(rows, batch_size=1000)
    ]
    PaymentMove.objects.bulk_create(moves, batch_size=1000)


def _payments(account: Account, counters: list[Counter], taken: int) -> Iterator[Payment]:
    """One a minute at each counter; all of them are on the screen, whatever the hour."""
    now = clock.now()
    for place in range(taken):
        at = now - timedelta(minutes=taken - place)
        for counter in counters:
            number = place * len(counters) + counters.index(counter)
            yield Payment(
                account=account,
                store=counter.store,
                counter=counter,
                product="merchant_qr",
                alipay_trans_id=f"2026112022{number:018d}",
                partner_trans_id=f"20261119{number:020d}",
                amount_minor=100 + number % 9900,
                currency="USD",
                state=PaymentState.PAID,
                occurred_at=at,
                paid_at=at,
                first_heard_at=at,
                wallet="ALIPAYCN",
                buyer="cnb***@example.com",
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
