"""`python -m merchant_portal.simulator`: run the small Alipay by itself."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from .books import OtherVersion
from .server import Simulator


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="The small Alipay.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--database", type=Path, default=Path("var/simulator.sqlite3"))
    options = parser.parse_args()
    try:
        simulator = Simulator(options.database, host=options.host, port=options.port)
    except OtherVersion as refused:
        sys.exit(str(refused))
    sys.stdout.write(f"The small Alipay listens on {simulator.url}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):
        simulator.serve_forever()


if __name__ == "__main__":
    main()
