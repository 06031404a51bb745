"""Accounts over the API: their terms, never their keys."""

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from qrcodes.models import QRCode
from tests.api.conftest import MakeProgram, Program
from tests.factories import TEST_MD5_KEY

NEW = {
    "partner_id": "2088000000000777",
    "region": "global",
    "name": "Harbour",
    "sign_type": "MD5",
    "gateway_url": "https://alipay.example/gateway.do",
    "settlement_currency": "USD",
}


def test_an_account_is_added_and_says_which_key_it_lacks(everywhere: Program) -> None:
    answer = everywhere.post("accounts/", **NEW, approval_limit="500.00")
    assert answer.status_code == 201
    assert answer.json()["approval_limit"] == "500.00"
    assert "MD5 key is missing" in answer.json()["missing_keys"][0]


def test_the_same_account_twice_is_a_conflict(everywhere: Program) -> None:
    everywhere.post("accounts/", **NEW)
    assert everywhere.post("accounts/", **(NEW | {"name": "Other"})).status_code == 409
    assert Account.objects.get().name == "Harbour"


def test_unfit_terms_are_refused_by_field(everywhere: Program) -> None:
    answer = everywhere.post("accounts/", **NEW, approval_limit="1e3")
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["approval_limit"]


def test_terms_are_changed_and_who_it_is_stays(everywhere: Program, account: Account) -> None:
    answer = everywhere.patch(
        f"accounts/{account.pk}/", refund_window_days=30, partner_id="2088000000000999"
    )
    assert answer.json()["refund_window_days"] == 30
    assert answer.json()["partner_id"] == account.partner_id


def test_no_key_is_ever_shown(everywhere: Program, account: Account) -> None:
    shown = everywhere.get(f"accounts/{account.pk}/")
    assert len(shown.json()["keys"]) == 1
    assert TEST_MD5_KEY not in shown.content.decode()


def test_finance_of_a_merchant_sees_the_accounts_it_is_paid_through(
    program: MakeProgram, code: QRCode, hk_account: Account
) -> None:
    theirs = program(Role.FINANCE, merchant=code.enrolment.store.merchant)
    shown = theirs.get("accounts/").json()["results"]
    assert [row["id"] for row in shown] == [str(code.enrolment.account_id)]
    assert theirs.get(f"accounts/{hk_account.pk}/").status_code == 404


def test_finance_changes_no_account(program: MakeProgram, account: Account) -> None:
    answer = program(Role.FINANCE).patch(f"accounts/{account.pk}/", name="Mine")
    assert answer.status_code == 403


def test_an_administrator_of_one_merchant_changes_no_account(
    program: MakeProgram, code: QRCode
) -> None:
    theirs = program(Role.ADMINISTRATOR, merchant=code.enrolment.store.merchant)
    answer = theirs.patch(f"accounts/{code.enrolment.account_id}/", name="Mine")
    assert answer.status_code == 403


def test_another_currency_asks_for_the_limit_again(everywhere: Program) -> None:
    made = everywhere.post("accounts/", **NEW, approval_limit="500.00").json()
    address = f"accounts/{made['id']}/"
    refused = everywhere.patch(address, settlement_currency="JPY")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["approval_limit"])
    changed = everywhere.patch(address, settlement_currency="JPY", approval_limit="60000")
    assert changed.json()["approval_limit"] == "60000"
