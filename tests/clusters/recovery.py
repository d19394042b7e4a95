"""The recovery of a service after faults of its database."""

import time
from urllib.parse import urlsplit
from urllib.request import urlopen

from tests.clusters.load import Load
from tests.clusters.probe import Probe

# Seconds between the first write of the bare driver and the first one of the service: up to five on
# an idle machine, ten on one with a load of five.
BOUND = 20.0


def settle(*addresses: str) -> None:
    """Wait until each process is ready and has served the requests that waited for the database."""
    deadline = time.monotonic() + 60
    for address in addresses:
        quick = 0
        while quick < 4:
            assert time.monotonic() < deadline, f"{address} does not recover"
            time.sleep(0.25)
            begin = time.monotonic()
            try:
                urlopen(f"http://{urlsplit(address).netloc}/health/ready", timeout=5).close()
            except OSError:
                quick = 0
            else:
                quick = quick + 1 if time.monotonic() - begin < 0.5 else 0


def report(load: Load, probe: Probe, *faults: str) -> None:
    """Print when the database and the service accepted writes again, and hold the bound."""
    load.print_report("all faults")
    for fault in faults:
        database = probe.recovered(load.marks[fault])
        service = load.resumed(load.marks[fault])
        print(f"{fault}: database back after {database:.2f} s, service after {service:.2f} s")
        assert service - database < BOUND, fault
