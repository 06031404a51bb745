"""Where a button leads back to: the list it stood in, else the page of its thing."""

from typing import Protocol

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect

#: Lists whose buttons decide or ask in place, by the word their forms send along as ``from``.
_LISTS = {"inbox": "approval_list", "unknown": "unknown_desk"}


class HasPage(Protocol):
    """Something that has a page of its own."""

    def get_absolute_url(self) -> str: ...


def back_from(request: HttpRequest, thing: HasPage) -> HttpResponseRedirect:
    """To the list where the button stood; else to the page of what was asked or decided."""
    named = _LISTS.get(request.POST.get("from", ""))
    return redirect(named or thing.get_absolute_url())
