"""What people type about nightly files: the list's filter, and files from their disk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from merchant_portal.keyset import Cursor
from payments.filtering import CursorField, DayField
from reconciliation.sentences import DOCUMENTS
from reconciliation.states import FileState


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which files the list shall show; nothing said narrows nothing."""

    account: Account | None
    document: str
    state: str
    first: date | None
    last: date | None
    cursor: Cursor | None

    @property
    def wanted(self) -> Q:
        """The rows that match."""
        wanted = Q()
        for column, value in (
            ("account", self.account),
            ("document", self.document),
            ("state", self.state),
            ("day__gte", self.first),
            ("day__lte", self.last),
        ):
            wanted &= Q(**{column: value}) if value else Q()
        return wanted

    @property
    def is_empty(self) -> bool:
        """Whether all files are shown."""
        return not self.wanted


class StatementFilterForm(forms.Form):
    """The filter bar of the list of files."""

    account = forms.ModelChoiceField(
        Account.objects.all(),
        required=False,
        label=gettext_lazy("Account"),
        empty_label=gettext_lazy("All accounts"),
    )
    document = forms.ChoiceField(
        required=False,
        label=gettext_lazy("File"),
        choices=[
            ("", gettext_lazy("Any")),
            *((key.value, DOCUMENTS[key.value]) for key in Document),
        ],
    )
    state = forms.ChoiceField(
        required=False,
        label=gettext_lazy("State"),
        choices=[("", gettext_lazy("Any")), *FileState.choices],
    )
    first = DayField(label=gettext_lazy("Day from"))
    last = DayField(label=gettext_lazy("To"))
    page = CursorField()

    def read(self) -> StatementFilter:
        """What was asked for; call it on a valid form."""
        asked = self.cleaned_data
        return StatementFilter(
            account=asked["account"],
            document=asked["document"],
            state=asked["state"],
            first=asked["first"],
            last=asked["last"],
            cursor=asked["page"],
        )


class _ManyFiles(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several, none larger than may come through a page."""

    widget = _ManyFiles

    def clean(self, value: Any, initial: Any = None) -> "list[UploadedFile[bytes]]":
        """Every file by itself; an empty one is a file too, and says so when it is read."""
        given: Sequence[Any] = value or [None]
        files = [super(FilesField, self).clean(each, initial) for each in given]
        for file in files:
            _refuse_large(file)
        return files


def _refuse_large(file: "UploadedFile[bytes]") -> None:
    if (file.size or 0) > settings.STATEMENT_UPLOAD_BYTES:
        raise forms.ValidationError(
            _("%(name)s is larger than %(limit)d MB. Import it by command."),
            params={"name": file.name, "limit": settings.STATEMENT_UPLOAD_BYTES // 1_000_000},
        )


class UploadForm(forms.Form):
    """Files from a person's disk, and whose they are where they do not say so themselves."""

    uploads = FilesField(label=gettext_lazy("Files"), allow_empty_file=True)
    account = forms.ModelChoiceField(
        Account.objects.all(),
        required=False,
        label=gettext_lazy("Account"),
        empty_label=gettext_lazy("As the file says"),
        help_text=gettext_lazy("Only counts where neither the file nor its name says whose it is."),
    )
