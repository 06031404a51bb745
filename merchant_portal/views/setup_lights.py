"""How a step of the set-up guide stands, and what people leave behind that it reads again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy

#: The verbs that leave what the guide reads again.
CHECKED = "check_connection"
KEY_COPIED = "confirm_master_key_copy"


class Light(models.TextChoices):
    """How a step stands."""

    DONE = "done", gettext_lazy("Done")
    TO_DO = "to_do", gettext_lazy("To do")
    PROBLEM = "problem", gettext_lazy("Problem")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: how it stands, what was found, and the page where it is done."""

    name: str
    title: str
    light: Light
    finding: str
    url: str = ""
    action: str = ""

    @property
    def is_done(self) -> bool:
        return self.light is Light.DONE


def master_key_fingerprint() -> str:
    """Which master key somebody said to have a copy of; tells nothing of the key."""
    return hashlib.sha256(f"copy of {settings.MASTER_KEY}".encode()).hexdigest()[:16]


def step_of(name: str, title: str, light: Light, finding: str, *link: str) -> Step:
    """A step; ``link`` is the page where it is done, and what the button to it says."""
    page, action = (*link, "", "")[:2]
    return Step(name, title, light, finding, reverse(page) if page else "", action)


def time_text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
