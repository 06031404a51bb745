"""Three languages: chosen without script, kept per person; catalogs in step with the code."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from merchant_portal import languages
from merchant_portal.models import User

SignIn = Callable[[User], Client]
CATALOGS = languages.catalog_paths()


def _choose(client: Client, language: str, **more: str) -> str:
    response = client.post(reverse("choose_language"), {"language": language, **more})
    return str(response.headers["Location"])


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_who_is_not_signed_in_chooses_a_language_too(
    language: str, client: Client, db: None
) -> None:
    _choose(client, language)
    page = client.get(reverse("account_login")).content.decode()
    assert f'<html lang="{language}">' in page


def test_the_language_follows_the_person_to_another_device(
    finance: User, signed_in: SignIn
) -> None:
    _choose(signed_in(finance), "zh-hant")
    elsewhere = Client()
    elsewhere.force_login(finance)
    assert '<html lang="zh-hant">' in elsewhere.get("/").content.decode()


def test_the_persons_language_is_not_the_next_persons(
    finance: User, cashier: User, signed_in: SignIn
) -> None:
    _choose(signed_in(finance), "zh-hant")
    client = Client()
    client.force_login(cashier)
    assert '<html lang="en">' in client.get("/").content.decode()


def test_a_language_we_do_not_have_changes_nothing(finance: User, signed_in: SignIn) -> None:
    _choose(signed_in(finance), "tlh")
    finance.refresh_from_db()
    assert finance.language == ""


def test_choosing_leads_back_to_the_page_and_never_away(client: Client, db: None) -> None:
    assert _choose(client, "en", next="/payments/?state=PAID") == "/payments/?state=PAID"
    assert _choose(client, "en", next="https://elsewhere.example/") == "/"


def test_a_language_is_chosen_by_a_button_of_a_form(client: Client, db: None) -> None:
    assert client.get(reverse("choose_language")).status_code == 405


@pytest.mark.parametrize("language", ["en", "zh-hans", "zh-hant"])
@pytest.mark.parametrize("name", ["account_login", "home"])
def test_each_language_is_offered_in_its_own_name(
    name: str, language: str, finance: User, client: Client
) -> None:
    if name == "home":
        client.force_login(finance)
    _choose(client, language)
    page = client.get(reverse(name)).content.decode()
    for code, shown in (("en", "English"), ("zh-hans", "简体中文"), ("zh-hant", "繁體中文")):
        assert re.search(rf'value="{code}" lang="{code}"[^>]*>{shown}</button>', page)


def test_another_catalog_is_compiled_when_a_process_starts(
    settings: Settings, tmp_path: Path
) -> None:
    """Also where what was compiled before is the newer file, as after many an upgrade."""
    settings.LOCALE_PATHS = [tmp_path]
    languages.compile_catalogs()
    compiled = tmp_path / "zh_Hans/LC_MESSAGES/django.mo"
    whole = compiled.read_bytes()
    compiled.write_bytes(b"what an earlier catalog became")
    compiled.with_suffix(".sha256").write_text("the earlier catalog's")
    languages.compile_catalogs()
    assert compiled.read_bytes() == whole


def test_a_catalog_that_has_not_changed_is_not_compiled_again(
    settings: Settings, tmp_path: Path
) -> None:
    settings.LOCALE_PATHS = [tmp_path]
    languages.compile_catalogs()
    compiled = tmp_path / "zh_Hans/LC_MESSAGES/django.mo"
    before = compiled.stat().st_mtime_ns
    languages.compile_catalogs()
    assert compiled.stat().st_mtime_ns == before


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_every_text_of_the_code_is_in_the_catalog(path: Path) -> None:
    """Where this fails, run ``make messages``."""
    kept = {(each.id, each.context) for each in languages.read_catalog(path) if each.id}
    found = {(each.id, each.context) for each in languages.find_texts() if each.id}
    assert found - kept == set()


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_every_text_is_translated(path: Path) -> None:
    untranslated = [each.id for each in languages.read_catalog(path) if each.id and not each.string]
    assert untranslated == []
    assert languages.standing_of(path).per_cent == 100


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.parent.parent.name)
def test_a_translation_keeps_what_is_filled_in(path: Path) -> None:
    catalog = languages.read_catalog(path)
    faults = {each.id: errors for each in catalog if (errors := list(each.check(catalog)))}
    assert faults == {}


def test_the_search_for_texts_finds_those_of_templates_and_of_code() -> None:
    found = {each.id for each in languages.find_texts()}
    assert "Nothing waits for you." in found  # a template's
    assert "Questions to settle" in found  # Python's
    assert ("%(number)s payment", "%(number)s payments") in found  # with a plural
