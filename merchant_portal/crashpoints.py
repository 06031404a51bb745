"""Named points at which a drill may end the program, as a power cut would.

Nothing happens at them unless ``CRASH_AT`` names one, which only a portal in development reads:
``refund.marked`` raises there, ``refund.marked:kill`` kills the process.
"""

import os
import signal

from django.conf import settings


class Crashed(BaseException):
    """The program ends here. No handler of ours catches it."""


def reached(point: str) -> None:
    """The program is at this point."""
    named, _colon, how = settings.CRASH_AT.partition(":")
    if named != point:
        return
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise Crashed(point)
