"""The demo shop: both generations of Alipay's interface answer it, however often it is seeded."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.connection import check_connection
from merchant_portal.models import AuditEntry, User
from qrcodes.models import Enrolment, Store
from tests.alipay_side import AlipaySide


def seed(alipay: AlipaySide) -> str:
    out = StringIO()
    call_command("seed_demo", simulator_url=alipay.url, stdout=out)
    return out.getvalue()


@pytest.fixture
def seeded(db: None, alipay: AlipaySide, settings: Any, tmp_path: Any) -> str:
    settings.VAR_DIR = tmp_path
    return seed(alipay)


def test_the_demo_accounts_are_answered(seeded: str) -> None:
    assert all(check_connection(account).works for account in Account.objects.all())


def test_the_global_account_sells_by_json_and_hong_kongs_by_the_gateway(seeded: str) -> None:
    sold = {account.region: account.sells_by_json for account in Account.objects.all()}
    assert sold == {"global": True, "hk": False}


def test_each_store_is_known_as_a_whole_so_its_counters_begin_payments(seeded: str) -> None:
    whole = Enrolment.objects.filter(counter=None)
    assert sorted(whole.values_list("alipay_store_id", flat=True)) == ["CENTRAL", "PIER3"]


def test_seeding_again_changes_nothing(seeded: str, alipay: AlipaySide) -> None:
    before = (AccountKey.objects.count(), Enrolment.objects.count(), AuditEntry.objects.count())
    assert seed(alipay) == seeded
    after = (AccountKey.objects.count(), Enrolment.objects.count(), AuditEntry.objects.count())
    assert after == before


def test_the_pages_of_the_store_show_it(seeded: str, client: Client) -> None:
    client.force_login(User.objects.get(username="administrator"))
    store = Store.objects.get(code="PIER3")
    for name, args in (("store_list", []), ("store_detail", [store.pk]), ("setup_guide", [])):
        assert client.get(reverse(name, args=args)).status_code == 200
