"""Make a portal's database with one of everything in it, as `tests/matrix` does.

Run in the environment of a portal that is not started yet, with the simulator's address. The last
line printed is a JSON object: the address of each page by its name, the cookies of each person.
"""

import json
import sys

import django
from django.core.management import call_command
from django.test.utils import setup_test_environment
from django.urls import reverse


def main(simulator_url: str) -> None:
    """Build both shops and print where everything is."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    setup_test_environment()
    import httpx

    from tests.alipay_side import AlipaySide
    from tests.matrix import world as worlds
    from tests.matrix.routes import all_routes
    from tests.matrix.table import rows

    with httpx.Client(base_url=simulator_url, timeout=30, trust_env=False) as http:
        alipay = AlipaySide(http=http, url=simulator_url)
        alipay.reset()
        world = worlds.build(alipay)
    addresses = {
        name: reverse(name, args=world.own[row.thing])
        for name, row in rows().items()
        if row.get.is_there and name in all_routes() and name != "admin:*"
    }
    people = {caller.name: caller.cookies for caller in world.people}
    print(json.dumps({"addresses": addresses, "people": people}))


if __name__ == "__main__":
    main(sys.argv[1])
