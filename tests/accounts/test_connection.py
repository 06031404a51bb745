"""The harmless question that proves keys and addresses, and the words for what is wrong."""

import pytest
from django.core.management import call_command

from merchant_portal.accounts import services
from merchant_portal.accounts.checks import check_accounts
from merchant_portal.accounts.models import Account, GatewayCall, KeyPurpose
from merchant_portal.connection import check_connection
from qrcodes import services as codes
from qrcodes.models import Counter
from tests.accounts.key_texts import rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR, GLOBAL_PARTNER, add_md5_key


def test_a_good_connection_is_proven(account: Account) -> None:
    verdict = check_connection(account)
    assert verdict.works
    assert GatewayCall.objects.get().code == "TRADE_NOT_EXIST"


def test_a_wrong_key_is_named(account: Account) -> None:
    add_md5_key(account, "another0test0key")
    verdict = check_connection(account)
    assert not verdict.works
    assert "does not accept our signature" in verdict.sentence


def test_an_unknown_partner_is_named(account: Account) -> None:
    Account.objects.update(partner_id="2088000000000999")
    account.refresh_from_db()
    assert "does not know this partner id" in check_connection(account).sentence


def test_an_address_where_nobody_answers_is_named(account: Account) -> None:
    account.gateway_url = "http://127.0.0.1:1/gateway.do"
    assert "Nobody answers" in check_connection(account).sentence


def test_our_wrong_copy_of_alipays_key_is_named(account: Account, alipay: AlipaySide) -> None:
    alipay.switch("wrongly_signed")
    assert "our copy of Alipay's key is wrong" in check_connection(account).sentence


def test_an_account_without_a_key_sends_nothing(account: Account) -> None:
    key = account.keys.get()
    services.retire_key(key, actor=ACTOR, confirmed_fingerprint=key.fingerprint)
    assert "Nothing was sent" in check_connection(account).sentence
    assert not GatewayCall.objects.exists()


def test_the_spare_address_answers_a_question(account: Account) -> None:
    account.spare_url, account.gateway_url = account.gateway_url, "http://127.0.0.1:1/gateway.do"
    assert check_connection(account).works


def test_the_checks_name_the_key_an_account_lacks(account: Account) -> None:
    assert check_accounts(None, databases=["default"]) == []
    Account.objects.update(sign_type="RSA2")
    found = [message.id for message in check_accounts(None, databases=["default"])]
    assert found == ["portal.W010", "portal.W010"]


def test_the_checks_name_what_the_json_api_lacks(account: Account) -> None:
    Account.objects.update(client_id="211000000000000000001")
    found = [message.id for message in check_accounts(None, databases=["default"])]
    assert found == ["portal.W010", "portal.W010", "portal.W015"]


def test_the_checks_look_at_accounts_only_with_the_database(account: Account) -> None:
    Account.objects.update(sign_type="RSA2")
    assert check_accounts(None) == []
    call_command("check")


@pytest.mark.django_db
def test_an_rsa_connection_is_proven(alipay: AlipaySide, account: Account) -> None:
    private, public = rsa_pair(3)
    known = alipay.add_partner(
        partner_id=GLOBAL_PARTNER,
        region="global",
        sign_types=["RSA2"],
        merchant_public_key_pem=public,
    )
    account = services.save_account(
        partner_id=GLOBAL_PARTNER, region="global", terms={"sign_type": "RSA2"}, actor=ACTOR
    )
    for purpose, text in (
        (KeyPurpose.OURS, private),
        (KeyPurpose.ALIPAY, known["alipay_public_key_pem"]),
    ):
        services.add_key(account, purpose=purpose, algorithm="RSA2", text=text, actor=ACTOR)
    assert check_connection(account).works


def test_the_spare_address_is_never_told_to_change_something(
    account: Account, counter: Counter, alipay: AlipaySide
) -> None:
    spare, closed = account.gateway_url, "http://127.0.0.1:1/gateway.do"
    Account.objects.update(gateway_url=closed, spare_url=spare)
    account.refresh_from_db()
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    code = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    assert (code.value, alipay.books("codes")) == ("", [])
