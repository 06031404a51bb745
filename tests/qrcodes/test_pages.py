"""What people do on the pages, and what the pages tell them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from qrcodes import services as codes
from qrcodes.models import Counter, Enrolment, Merchant, QRCode, Store
from qrcodes.states import CodeState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

SignIn = Callable[[User], Client]
STORE = {
    "code": "PEAK",
    "name": "Harbour Noodle Bar Peak",
    "country": "HK",
    "address": "1 Example Road",
    "pricing_currency": "HKD",
    "time_zone": "Asia/Hong_Kong",
    "business_day_starts": "05:00",
}
CREATE = "alipay.commerce.qrcode.create"
STATUS = "alipay.commerce.qrcode.modifyStatus"


def _read(client: Client, address: str) -> str:
    return client.get(address).content.decode()


@pytest.fixture
def browser(signed_in: SignIn, manager: User) -> Client:
    """The store's manager, signed in."""
    return signed_in(manager)


def test_an_administrator_adds_merchant_store_and_counter(
    signed_in: SignIn, administrator: User
) -> None:
    browser = signed_in(administrator)
    merchant = {"name": "Hill Tea House", "secondary_merchant_id": "HILL", "mcc": "5812"}
    browser.post(reverse("merchant_new"), merchant)
    number = Merchant.objects.get(secondary_merchant_id="HILL").pk
    browser.post(reverse("store_new"), STORE | {"merchant": number})
    store = Store.objects.get(code="PEAK")
    browser.post(reverse("counter_new", args=[store.pk]), {"code": "C1", "name": "Terrace"})
    assert store.business_day_starts.hour == 5
    assert [counter.name for counter in store.counters.all()] == ["Terrace"]


def test_a_merchant_keeps_what_alipay_knows_it_by(
    code: QRCode, signed_in: SignIn, administrator: User
) -> None:
    merchant = code.enrolment.store.merchant
    page = reverse("merchant_edit", args=[merchant.pk])
    wanted = {"name": "Harbour Noodles Ltd", "mcc": "5814", "secondary_merchant_id": "BAY"}
    answer = signed_in(administrator).post(page, wanted)
    assert answer.headers["Location"] == reverse("store_list")
    merchant.refresh_from_db()
    assert (merchant.name, merchant.mcc) == ("Harbour Noodles Ltd", "5814")
    assert merchant.secondary_merchant_id == "HARBOUR"


def test_a_new_merchant_may_still_change_everything(
    store: Store, signed_in: SignIn, administrator: User
) -> None:
    page = reverse("merchant_edit", args=[store.merchant_id])
    wanted = {"name": "Bay Noodle Bar", "mcc": "58", "secondary_merchant_id": "BAY"}
    assert signed_in(administrator).post(page, wanted).status_code == 422
    signed_in(administrator).post(page, wanted | {"mcc": "5812"})
    assert Merchant.objects.get().secondary_merchant_id == "BAY"


def test_the_next_store_is_offered_what_the_last_one_had(
    store: Store, signed_in: SignIn, administrator: User
) -> None:
    page = _read(signed_in(administrator), reverse("store_new"))
    assert '<option value="America/New_York" selected>' in page
    assert '<option value="USD" selected>' in page


@pytest.mark.parametrize(
    ("field", "text"),
    [("code", "PIER-3"), ("country", "XX"), ("pricing_currency", "ABC"), ("time_zone", "Mars")],
)
def test_a_store_that_cannot_be_is_refused_beside_its_field(
    store: Store, signed_in: SignIn, administrator: User, field: str, text: str
) -> None:
    terms = STORE | {"merchant": store.merchant_id, field: text}
    answer = signed_in(administrator).post(reverse("store_new"), terms)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_a_counter_code_that_is_taken_is_said_on_the_form(
    browser: Client, counter: Counter
) -> None:
    address = reverse("counter_new", args=[counter.store_id])
    answer = browser.post(address, {"code": counter.code, "name": "Again"})
    assert answer.status_code == 422
    assert "taken" in answer.content.decode()


def test_a_manager_makes_a_code_with_one_button(
    browser: Client, counter: Counter, account: Account
) -> None:
    answer = browser.post(
        reverse("code_new", args=[counter.pk]), {"account": account.pk, "kind": "plain"}
    )
    code = QRCode.objects.get()
    assert answer["Location"] == code.get_absolute_url()
    assert "Being created" in _read(browser, code.get_absolute_url())


def test_a_second_click_makes_no_second_code(
    browser: Client, counter: Counter, account: Account
) -> None:
    address, wanted = reverse("code_new", args=[counter.pk]), {"account": account.pk}
    browser.post(address, wanted | {"kind": "plain"})
    assert browser.post(address, wanted | {"kind": "plain"}).status_code == 422
    assert QRCode.objects.count() == 1


def test_a_fee_out_of_bounds_is_said_beside_its_field(
    browser: Client, counter: Counter, account: Account
) -> None:
    wanted = {"account": account.pk, "kind": "fee", "channel_fee_type": "RATE"}
    answer = browser.post(
        reverse("code_new", args=[counter.pk]), wanted | {"channel_fee_value": "0.5"}
    )
    assert answer.status_code == 422
    assert "channel_fee_value" in answer.context["form"].errors


def test_an_account_that_cannot_price_in_the_currency_is_not_offered(
    browser: Client, counter: Counter, hk_account: Account
) -> None:
    page = _read(browser, counter.get_absolute_url())
    assert "Every account that can price in this currency" in page
    address = reverse("code_new", args=[counter.pk])
    assert browser.post(address, {"account": hk_account.pk, "kind": "plain"}).status_code == 422


def test_the_store_id_is_set_before_the_first_create(
    browser: Client, counter: Counter, account: Account
) -> None:
    answer = browser.post(reverse("enrolment_new", args=[counter.pk]), {"account": account.pk})
    terms = {"alipay_store_id": "TILL-7", "known_at_alipay": "on", "pricing_currency": "USD"}
    browser.post(answer["Location"], terms | {"settlement_currency": "USD"})
    enrolment = Enrolment.objects.get()
    assert (enrolment.alipay_store_id, enrolment.known_at_alipay) == ("TILL-7", True)


def test_a_frozen_store_id_stays_whatever_is_posted(browser: Client, code: QRCode) -> None:
    address = reverse("enrolment_edit", args=[code.enrolment_id])
    browser.post(address, {"alipay_store_id": "TILL-7", "settlement_currency": "CNY"})
    code.enrolment.refresh_from_db()
    assert code.enrolment.alipay_store_id == "PIER3-C1"
    assert code.enrolment.settlement_currency == "CNY"


def test_a_settlement_currency_alipay_does_not_take_is_refused(
    browser: Client, code: QRCode
) -> None:
    address = reverse("enrolment_edit", args=[code.enrolment_id])
    assert browser.post(address, {"settlement_currency": "EUR"}).status_code == 422


def test_an_account_number_that_is_nonsense_is_not_found(browser: Client, counter: Counter) -> None:
    address = reverse("enrolment_new", args=[counter.pk])
    assert browser.post(address, {"account": "1; DROP"}).status_code == 404


def test_stop_and_restart_by_button(browser: Client, code: QRCode) -> None:
    browser.post(reverse("code_stop", args=[code.pk]))
    assert codes.send_code(code).state == CodeState.STOPPED
    browser.post(reverse("code_restart", args=[code.pk]))
    assert codes.send_code(code).state == CodeState.ACTIVE


def test_a_delete_needs_its_tick(browser: Client, code: QRCode) -> None:
    address = reverse("code_delete", args=[code.pk])
    assert "Tick that the delete is final" in browser.post(address, follow=True).content.decode()
    code.refresh_from_db()
    assert code.wanted_state == CodeState.ACTIVE
    browser.post(address, {"is_final": "yes"})
    assert codes.send_code(code).state == CodeState.DELETED


def test_what_cannot_be_is_said_and_changes_nothing(browser: Client, code: QRCode) -> None:
    answer = browser.post(reverse("code_restart", args=[code.pk]), follow=True)
    assert "The code is active already." in answer.content.decode()


def test_a_channel_fee_is_changed_by_form(browser: Client, code: QRCode) -> None:
    fee = {"channel_fee_type": "RATE", "channel_fee_value": "0.01", "kind": "fee"}
    counter = code.enrolment.counter
    assert counter
    account = code.enrolment.account_id
    browser.post(reverse("code_new", args=[counter.pk]), fee | {"account": account})
    with_fee = codes.send_code(QRCode.objects.get(kind="fee"))
    address = reverse("code_fee", args=[with_fee.pk])
    assert browser.post(address, {"channel_fee_value": "0.06"}).status_code == 422
    assert browser.post(address, {"channel_fee_value": "0.02"}).status_code == 302
    with_fee.refresh_from_db()
    assert with_fee.channel_fee_value == "0.02"


def test_the_page_says_what_is_tried_next_and_when(
    browser: Client, asked: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=CREATE)
    codes.send_code(asked)
    page = _read(browser, asked.get_absolute_url())
    assert "Next: ask for the code." in page
    assert "The connection to Alipay failed. (CONNECTION)" in page
    assert "Next try at" in page


def test_a_lost_delete_is_decided_on_the_page(
    browser: Client, code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("done_but_no_answer", service=STATUS, times=1)
    codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    assert "Alipay did not answer the delete." in _read(browser, code.get_absolute_url())
    decision = {"outcome": "DELETED", "reason": "Scanned: invalid"}
    browser.post(reverse("code_decide", args=[code.pk]), decision)
    code.refresh_from_db()
    assert code.state == CodeState.DELETED


@pytest.mark.parametrize("outcome", ["", "NONSENSE", "ACTIVE"])
def test_a_decision_that_is_not_open_changes_nothing(
    browser: Client, code: QRCode, outcome: str
) -> None:
    browser.post(reverse("code_decide", args=[code.pk]), {"outcome": outcome, "reason": "so"})
    code.refresh_from_db()
    assert code.state == CodeState.ACTIVE
    assert code.moves.count() == 3


def test_sending_again_by_button(browser: Client, asked: QRCode, alipay: AlipaySide) -> None:
    alipay.switch("down", service=CREATE, times=1)
    codes.send_code(asked)
    browser.post(reverse("code_send_again", args=[asked.pk]))
    assert codes.send_code(asked).state == CodeState.ACTIVE


def test_a_refusal_is_told_in_plain_words(
    browser: Client, asked: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "ILLEGAL_PARTNER_EXTERFACE", service=CREATE, times=1)
    codes.send_code(asked)
    page = _read(browser, asked.get_absolute_url())
    assert "contract does not include this service" in page
    assert "ILLEGAL_PARTNER_EXTERFACE" in page


def test_every_call_can_be_opened_to_what_was_signed_and_answered(
    browser: Client, code: QRCode
) -> None:
    page = _read(browser, code.get_absolute_url())
    assert "service=alipay.commerce.qrcode.modify&amp;timestamp=" in page
    assert "&lt;is_success&gt;T&lt;/is_success&gt;" in page
    assert factories.TEST_MD5_KEY not in page


def test_a_page_looks_again_only_while_a_call_is_under_way(browser: Client, asked: QRCode) -> None:
    assert "hx-trigger" in _read(browser, asked.get_absolute_url())
    codes.send_code(asked)
    assert "hx-trigger" not in _read(browser, asked.get_absolute_url())
    assert browser.get(reverse("code_standing", args=[asked.pk]))["HX-Refresh"] == "true"


def test_the_list_shows_states_and_what_needs_a_person(
    browser: Client, code: QRCode, alipay: AlipaySide
) -> None:
    assert "Active" in _read(browser, reverse("store_list"))
    alipay.switch("down", service=STATUS, times=1)
    codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    assert "needs a person" in _read(browser, reverse("store_list"))


def test_the_list_is_searched_by_store_counter_and_merchant(
    browser: Client, counter: Counter
) -> None:
    for wanted in ("PIER3", "Counter 1", "harbour"):
        assert counter.store.name in _read(browser, reverse("store_list") + f"?q={wanted}")
    assert "Nothing fits" in _read(browser, reverse("store_list") + "?q=nowhere")


def test_a_list_of_many_counters_asks_few_questions(
    browser: Client, store: Store, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for number in range(1, 21):
        factories.counter(store, number=number)
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        browser.get(reverse("store_list"))
