"""An integrator's own account: every call bears the agent token of the merchant it is about."""

from typing import Any

import pytest

from merchant_portal.accounts.errors import AccountRefused, AgentTokenMissing
from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.connection import check_connection
from merchant_portal.models import AuditEntry
from merchant_portal.money import Money
from payments.models import Payment
from payments.selling import SaleOutcome, outcome_of
from payments.services import sale_enrolments
from payments.states import PaymentState, Product
from qrcodes import services as codes
from qrcodes.models import AgentToken, Counter, Merchant
from refunds import services as refunds
from refunds.tasks import submit_due_refunds
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.sales.conftest import CLIENT
from tests.sales.till import Till

OWN, OTHERS = "agent-token-of-the-noodle-bar", "agent-token-of-another-one"


@pytest.fixture
def interface() -> str:
    return "json"


@pytest.fixture
def merchant(counter: Counter) -> Merchant:
    return counter.store.merchant


@pytest.fixture
def integrator(selling: Account, merchant: Merchant, alipay: AlipaySide) -> Account:
    """The account is an integrator's own; Alipay knows two merchants of it."""
    tokens = {merchant.secondary_merchant_id: OWN, "OTHER": OTHERS}
    alipay.add_client(client_id=CLIENT, agent_tokens=tokens)
    selling.sends_agent_tokens = True
    selling.save()
    return selling


def keep(account: Account, merchant: Merchant, text: str = OWN) -> AgentToken:
    return codes.keep_agent_token(account, merchant, text=text, actor=ACTOR)


def test_a_sale_its_question_and_its_refund_bear_the_token(
    integrator: Account, merchant: Merchant, till: Till
) -> None:
    keep(integrator, merchant)
    till.break_call("unknown_then", "done", times=1, call="pay")
    payment = till.scan().payment
    till.run(30)
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID
    wish: dict[str, Any] = {"amount": Money(1250, "USD"), "reason": "returned", "note": ""}
    refund = refunds.request_refund(payment, actor=ACTOR, **wish)
    submit_due_refunds()
    refund.refresh_from_db()
    assert refund.state == "REFUNDED"


def test_an_order_and_its_end_bear_the_token(
    integrator: Account, merchant: Merchant, till: Till
) -> None:
    keep(integrator, merchant)
    till.end(till.order())
    till.run(60)
    assert Payment.objects.get().state == PaymentState.CLOSED


@pytest.mark.parametrize("told", [OTHERS, "agent-token-of-nobody"])
def test_another_token_than_the_merchants_sells_nothing(
    integrator: Account, merchant: Merchant, till: Till, told: str
) -> None:
    keep(integrator, merchant, told)
    sale = till.scan()
    assert outcome_of(sale) is SaleOutcome.REFUSED
    assert GatewayCall.objects.get().code == "ACCESS_DENIED"


def test_without_the_merchants_token_nothing_is_sent(
    integrator: Account, counter: Counter, merchant: Merchant, till: Till
) -> None:
    keep(integrator, factories.other_store().merchant, OTHERS)
    with pytest.raises(AgentTokenMissing):
        codes.agent_token_for(integrator, counter.store_id)
    assert sale_enrolments(counter, Product.BARCODE) == []
    with pytest.raises(Exception, match="has no agent token"):
        till.scan()
    assert not GatewayCall.objects.exists()


def test_a_token_that_was_forgotten_leaves_the_question_unsent(
    integrator: Account, merchant: Merchant, till: Till
) -> None:
    keep(integrator, merchant)
    till.break_call("unknown_then", "done", times=1, call="pay")
    payment = till.scan().payment
    codes.forget_agent_token(integrator, merchant, actor=ACTOR)
    till.run(10)
    payment.refresh_from_db()
    assert payment.state == PaymentState.UNKNOWN
    assert till.called("query") == 0


def test_no_row_shows_a_token(integrator: Account, merchant: Merchant, till: Till) -> None:
    token = keep(integrator, merchant)
    till.scan()
    call = GatewayCall.objects.get()
    seen = f"{call.presign}{call.url}{call.headers}{bytes(call.body)!r}{token}"
    seen += "".join(str(entry.__dict__) for entry in AuditEntry.objects.all())
    assert OWN not in seen
    assert OWN.encode() not in bytes(token.sealed)


def test_a_new_token_takes_the_place_of_the_old(integrator: Account, merchant: Merchant) -> None:
    keep(integrator, merchant)
    keep(integrator, merchant, "agent-token-anew")
    token = codes.agent_token_for(integrator, merchant.stores.get().pk)
    assert token is not None
    assert token.reveal() == "agent-token-anew"
    assert AgentToken.objects.count() == 1


def test_an_account_that_sends_none_keeps_none(selling: Account, merchant: Merchant) -> None:
    with pytest.raises(AccountRefused, match="sends no agent tokens"):
        keep(selling, merchant)
    assert codes.agent_token_for(selling, merchant.stores.get().pk) is None


@pytest.mark.parametrize("text", ["", "short", "with a blank in it", "zwölf-zeichen", "x" * 1025])
def test_what_no_header_carries_is_no_token(
    integrator: Account, merchant: Merchant, text: str
) -> None:
    with pytest.raises(AccountRefused, match="8 to 1024"):
        keep(integrator, merchant, text)


def test_the_connection_is_tried_with_a_token(integrator: Account, merchant: Merchant) -> None:
    assert "there is none for this merchant" in check_connection(integrator).sentence
    keep(integrator, merchant, "agent-token-of-nobody")
    assert "ACCESS_DENIED" in check_connection(integrator).sentence
    keep(integrator, merchant)
    assert check_connection(integrator).works
