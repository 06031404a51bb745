"""Forms about accounts and their keys."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.accounts.services import own_algorithms, read_approval_limit
from merchant_portal.money import CURRENCIES

LONGEST_KEY_FILE_BYTES = 65_536
_FIELDS = [
    "name", "partner_id", "region", "sign_type", "gateway_url", "spare_url",
    "settlement_currency", "amount_source", "refund_window_days", "cancel_grace_minutes",
    "fee_rate", "integration", "service_provider_id", "statement_folder", "client_id",
    "key_version", "json_url", "sends_agent_tokens",
]  # fmt: skip


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account's terms; its partner id and region are asked once, when it is added."""

    settlement_currency = forms.ChoiceField(
        label=_("Settlement currency"),
        choices=[("", ""), *((code, code) for code in sorted(CURRENCIES))],
        help_text=_("What Alipay pays the merchant in; it stands in the contract."),
    )
    approval_limit = forms.CharField(
        label=_("Approval limit"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
        help_text=_(
            "In the settlement currency. Above it a second person approves money going back."
            " Empty: never; 0: always."
        ),
    )

    class Meta:
        model = Account
        fields = _FIELDS
        help_texts = {
            "name": _("What your people call it."),
            "partner_id": _("16 digits, from 2088 or 2160; it stands in the contract."),
            "gateway_url": _("As Alipay gave it, with its path."),
            "sign_type": _("As agreed with Alipay; RSA2 where you may choose."),
            "integration": _(
                "Acquirers and system integrators register each store; Alipay reviews it."
            ),
            "service_provider_id": _("Only where a system integrator connects the shop."),
            "client_id": _("Only for the JSON API; Alipay assigns it beside the partner id."),
            "key_version": _("As Alipay's page counts our RSA2 keys. Empty: 1."),
        }

    field_order = [*_FIELDS[:7], "approval_limit", *_FIELDS[7:]]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        account: Account = self.instance
        if account._state.adding:
            return
        del self.fields["partner_id"], self.fields["region"]
        limit = account.approval_limit
        self.initial["approval_limit"] = limit.decimal_text if limit else ""

    def clean(self) -> dict[str, Any]:
        """The limit is read in the currency beside it."""
        terms = super().clean() or self.cleaned_data
        currency = terms.get("settlement_currency")
        if currency and "approval_limit" in terms:
            try:
                limit = read_approval_limit(terms["approval_limit"], currency)
            except AccountRefused as refused:
                self.add_error("approval_limit", str(refused))
            else:
                terms["approval_limit_minor"] = limit
        return terms

    def terms(self) -> dict[str, Any]:
        """What a verb takes; who the account is goes beside it."""
        apart = {"partner_id", "region", "approval_limit"}
        return {name: value for name, value in self.cleaned_data.items() if name not in apart}


class KeyForm(forms.Form):
    """A key of an account: pasted, or read from a file. It is sealed and never shown again."""

    kind = forms.ChoiceField(label=_("Kind of key"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Key text"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("PEM or bare base64 for RSA; for MD5 the key as Alipay's pages show it."),
    )
    file = forms.FileField(label=_("Or a file"), required=False)

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        kinds = dict(_kinds_for(account))
        self.fields["kind"].choices = list(kinds.items())  # type: ignore[attr-defined]
        self.initial.setdefault("kind", next(iter(kinds)))

    def clean(self) -> dict[str, Any]:
        terms = super().clean() or self.cleaned_data
        given, text = terms.get("file"), terms.get("text", "").strip()
        if bool(given) == bool(text):
            raise ValidationError(_("Paste the key's text, or choose its file: one of the two."))
        terms["key_text"] = _read(given) if given else text
        return terms

    @property
    def purpose_and_algorithm(self) -> tuple[str, str]:
        purpose, _, algorithm = self.cleaned_data["kind"].partition(":")
        return purpose, algorithm


class GenerateForm(forms.Form):
    """Which key pair of our own the portal shall make; without a word the first one needed."""

    algorithm = forms.ChoiceField(label=_("Sign type"), required=False)

    def __init__(self, *args: Any, account: Account, **options: Any) -> None:
        super().__init__(*args, **options)
        self.algorithms = own_algorithms(account)
        field = cast("forms.ChoiceField", self.fields["algorithm"])
        field.choices = [(kind, kind) for kind in self.algorithms]

    def clean_algorithm(self) -> str:
        if not self.algorithms:
            raise ValidationError(_("An MD5 key comes from Alipay; only RSA keys are made here."))
        return self.cleaned_data["algorithm"] or self.algorithms[0]


def _kinds_for(account: Account) -> list[tuple[str, str]]:
    """The kinds of key the account uses, first what its own sign type needs most."""
    md5 = (f"{KeyPurpose.SHARED}:{SignType.MD5}", str(KeyPurpose.SHARED.label))
    rsa = [
        (
            f"{purpose}:{algorithm}",
            _("%(what)s (%(which)s)") % {"what": purpose.label, "which": algorithm},
        )
        for algorithm in own_algorithms(account)
        for purpose in (KeyPurpose.ALIPAY, KeyPurpose.OURS)
    ]
    if account.sign_type == SignType.MD5:
        return [md5, *rsa]
    return [*rsa, md5] if account.is_hk else rsa


def _read(file: UploadedFile[bytes]) -> str:
    if (file.size or 0) > LONGEST_KEY_FILE_BYTES:
        raise ValidationError(_("This file is too large for a key."))
    try:
        return bytes(file.read()).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValidationError(_("This file is not a text.")) from error
