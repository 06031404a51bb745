"""The pages of an integrator's agent tokens: kept, replaced, forgotten, and never shown."""

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from qrcodes import services as codes
from qrcodes.models import AgentToken, Merchant, Store
from tests.accounts.test_pages import SignedIn
from tests.factories import ACTOR

TOKEN = "agent-token-of-the-noodle-bar"


@pytest.fixture
def integrator(account: Account) -> Account:
    account.client_id, account.sends_agent_tokens = "211000000000000000001", True
    account.save()
    return account


@pytest.fixture
def merchant(store: Store) -> Merchant:
    return store.merchant


@pytest.fixture
def admin(signed_in: SignedIn, administrator: User) -> Client:
    return signed_in(administrator)


def address(account: Account, merchant: Merchant, door: str = "agent_token_edit") -> str:
    return reverse(door, args=[account.pk, merchant.pk])


def test_a_token_is_kept_and_told_by_its_fingerprint(
    admin: Client, integrator: Account, merchant: Merchant
) -> None:
    answer = admin.post(address(integrator, merchant), {"token": TOKEN}, follow=True)
    page = answer.content.decode()
    assert AgentToken.objects.get().fingerprint in page
    assert TOKEN not in page


def test_a_merchant_without_a_token_is_said_so(
    admin: Client, integrator: Account, merchant: Merchant
) -> None:
    page = admin.get(integrator.get_absolute_url()).content.decode()
    assert "missing: nothing can be sold for it" in page
    assert address(integrator, merchant) in page


@pytest.mark.parametrize("text", ["", "short", "with-a blank"])
def test_what_is_no_token_is_refused_and_not_shown_again(
    admin: Client, integrator: Account, merchant: Merchant, text: str
) -> None:
    answer = admin.post(address(integrator, merchant), {"token": text})
    assert answer.status_code == 422
    assert not AgentToken.objects.exists()
    assert f'value="{text}"' not in answer.content.decode()


def test_a_token_is_forgotten(admin: Client, integrator: Account, merchant: Merchant) -> None:
    codes.keep_agent_token(integrator, merchant, text=TOKEN, actor=ACTOR)
    assert "Replace the token" in admin.get(address(integrator, merchant)).content.decode()
    admin.post(address(integrator, merchant, "agent_token_forget"))
    assert not AgentToken.objects.exists()


def test_an_account_that_sends_none_shows_none(
    admin: Client, account: Account, merchant: Merchant
) -> None:
    assert "Agent tokens" not in admin.get(account.get_absolute_url()).content.decode()
    assert admin.post(address(account, merchant), {"token": TOKEN}).status_code == 422


def test_finance_sees_that_a_token_is_kept_and_changes_none(
    signed_in: SignedIn, finance: User, integrator: Account, merchant: Merchant
) -> None:
    client = signed_in(finance)
    assert (
        address(integrator, merchant)
        not in client.get(integrator.get_absolute_url()).content.decode()
    )
    assert client.post(address(integrator, merchant), {"token": TOKEN}).status_code == 403
