"""The clock: a process that works knows every task that the schedule names."""

import subprocess
import sys

#: In a process of its own: here other tests have imported every task already.
_UNKNOWN = """
from merchant_portal.celery import app
app.loader.import_default_modules()
print(sorted({entry["task"] for entry in app.conf.beat_schedule.values()} - set(app.tasks)))
"""


def test_a_worker_knows_every_task_of_the_schedule() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _UNKNOWN], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
