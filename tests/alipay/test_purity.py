"""The package is usable by itself."""

import subprocess
import sys

PROGRAM = """
import importlib, pkgutil, sys
before = set(sys.modules)
import merchant_portal.alipay as package
for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
print(" ".join(sorted({name.partition(".")[0] for name in sys.modules} - before)))
"""


def test_the_package_imports_without_django_or_celery() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(run.stdout.split())
    assert not loaded & {"django", "rest_framework", "celery", "redis", "kombu"}
    assert {"httpx", "cryptography"} <= loaded
