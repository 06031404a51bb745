"""Notes that people write beside a payment, and what else its page tells."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.alipay.statements import Document
from merchant_portal.models import AuditEntry, User
from payments import services as payments
from payments.errors import NoteRefused
from payments.models import Payment, PaymentNote
from payments.states import GiveBackReason
from qrcodes.models import QRCode
from reconciliation.models import StatementFile, StatementLine, Verdict
from reconciliation.states import FileState
from refunds import services as refunds
from tests import factories
from tests.alipay_side import AlipaySide
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]


@pytest.fixture
def paid(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    """A payment that a customer made on the phone."""
    alipay.pay(code.value, "12.50")
    carry()
    return Payment.objects.get()


def _url(payment: Payment) -> str:
    return reverse("payment_note", args=[payment.pk])


def _line_of(payment: Payment) -> StatementLine:
    """A row of a nightly file about the payment."""
    file = StatementFile.objects.create(
        account=payment.account,
        name="transactions.csv",
        document=Document.TRANSACTION,
        state=FileState.ACCEPTED,
        sha256="0" * 64,
        received_at=NOON,
        read_at=NOON,
    )
    return StatementLine.objects.create(
        file=file,
        line_number=7,
        kind="PAYMENT",
        partner_trans_id=payment.partner_trans_id,
        alipay_trans_id=payment.alipay_trans_id,
        currency="USD",
        amount_minor=payment.amount_minor,
        occurred_at=NOON,
        text="the line as it came",
    )


def _agree(payment: Payment) -> None:
    Verdict.objects.create(
        account=payment.account,
        day=NOON.date(),
        word="MATCHED",
        kind="PAYMENT",
        line=_line_of(payment),
        payment=payment,
    )


# ---- Notes ------------------------------------------------------------------------------------


def test_a_note_stands_in_the_timeline_with_its_author(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment, client = pay(), signed_in(cashier)
    page = client.post(_url(payment), {"text": "Left the bag <here>."}, follow=True)
    assert "Note of cashier" in page.content.decode()
    assert "Left the bag &lt;here&gt;." in page.content.decode()
    assert AuditEntry.objects.get(verb="write_note").target_id == payment.pk


def test_a_note_is_told_once(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    payment, client = pay(), signed_in(cashier)
    client.post(_url(payment), {"text": "Called back."})
    events = client.get(payment.get_absolute_url()).context["events"]
    assert [event.kind for event in events] == ["note", "move"]


@pytest.mark.parametrize("text", ["", "  \n", "x" * 501])
def test_a_note_that_says_nothing_or_too_much_is_not_kept(
    text: str, pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    assert signed_in(cashier).post(_url(pay()), {"text": text}).status_code == 400
    assert not PaymentNote.objects.exists()


def test_an_empty_note_is_refused_by_the_verb_too(pay: PayMaker) -> None:
    with pytest.raises(NoteRefused):
        payments.write_note(pay(), actor=factories.ACTOR, text=" ")


def test_an_auditor_reads_notes_and_writes_none(pay: PayMaker, signed_in: SignIn) -> None:
    payment = pay()
    payments.write_note(payment, actor=factories.ACTOR, text="Called back.")
    client = signed_in(factories.person(Role.AUDITOR))
    page = client.get(payment.get_absolute_url()).content.decode()
    assert "Called back." in page
    assert "Write a note" not in page
    assert client.post(_url(payment), {"text": "Me too."}).status_code == 403


def test_a_note_is_not_an_address(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    assert signed_in(cashier).get(_url(pay())).status_code == 405


def test_an_outsider_writes_no_note(pay: PayMaker, outsider: User, signed_in: SignIn) -> None:
    assert signed_in(outsider).post(_url(pay()), {"text": "Hello."}).status_code == 404


def test_the_signed_out_write_no_note(pay: PayMaker, client: Client) -> None:
    answer = client.post(_url(pay()), {"text": "Hello."})
    assert answer.headers["Location"].startswith("/auth/login/")


# ---- The rest of the page ----------------------------------------------------------------------


def test_a_row_of_the_file_is_told_with_its_text(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    payment = pay()
    _agree(payment)
    page = signed_in(finance).get(payment.get_absolute_url()).content.decode()
    for shown in ("transactions.csv", "line 7", "the line as it came"):
        assert shown in page


def test_the_text_of_a_file_is_not_for_a_cashier(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment = pay()
    _agree(payment)
    page = signed_in(cashier).get(payment.get_absolute_url()).content.decode()
    assert "the line as it came" not in page


def test_a_cancel_and_a_refund_stand_with_their_moves(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    for minor in (100, 200):
        _refund(paid, minor)
    page = signed_in(manager).get(paid.get_absolute_url())
    assert [giving.amount.minor for giving in page.context["givings"]] == [200, 100]
    moved = [event for event in page.context["events"] if event.kind == "giving_back"]
    assert {event.row.refund.pk for event in moved} == set(
        paid.refunds.values_list("pk", flat=True)
    )


def _refund(payment: Payment, minor: int) -> None:
    refunds.request_refund(
        payment,
        amount=type(payment.amount)(minor, payment.currency),
        reason=GiveBackReason.RETURNED,
        note="",
        actor=factories.ACTOR,
    )


@pytest.mark.parametrize("person", ["cashier", "manager", "finance"])
def test_a_page_with_everything_reads_in_twelve_questions(
    person: str,
    paid: Payment,
    signed_in: SignIn,
    request: pytest.FixtureRequest,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client = signed_in(request.getfixturevalue(person))
    client.post(reverse("payment_ask", args=[paid.pk]))
    client.post(_url(paid), {"text": "Called back."})
    for minor in (100, 200):
        _refund(paid, minor)
    _agree(paid)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        kinds = {event.kind for event in client.get(paid.get_absolute_url()).context["events"]}
    assert kinds == {
        "audit",
        "note",
        "notification",
        "call",
        "file",
        "move",
        "giving_back",
        "entry",
    }


def test_an_unplaced_page_reads_in_twelve_questions(
    pay: PayMaker,
    finance: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    payment, client = pay(store=None, counter=None), signed_in(finance)
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        assert client.get(payment.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("columns", "button"),
    [({}, "Give money back"), ({"frozen": True}, "Ask Alipay now")],
)
def test_one_button_is_the_right_one(
    columns: dict[str, bool], button: str, pay: PayMaker, manager: User, signed_in: SignIn
) -> None:
    page = signed_in(manager).get(pay(**columns).get_absolute_url()).content.decode()
    head = page.partition('class="page-head"')[2].partition('class="columns"')[0]
    assert head.count("btn-primary") == 1
    assert (
        button
        in head.partition("btn-primary")[2][:600].partition("</button>")[0].partition("</a>")[0]
    )
