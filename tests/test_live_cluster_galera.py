"""A service on three servers of MariaDB with Galera, under load and faults."""

import time

import pytest

from tests.clusters.galera import galera
from tests.clusters.load import loaded, rows
from tests.clusters.probe import probing
from tests.clusters.processes import serving
from tests.clusters.recovery import BOUND, report, settle
from tests.live import Service

pytestmark = pytest.mark.cluster

DATABASE = "shop"


def test_writes_resume_after_each_fault_of_galera(mysql_service: Service) -> None:
    # A row that one server has acknowledged is read through another one.
    with galera("--wsrep-sync-wait=7") as servers:
        one, two, three = servers.nodes
        one.query(f"CREATE DATABASE {DATABASE}")
        url = servers.url(DATABASE)
        mysql_service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        with (
            serving(mysql_service, url) as addresses,
            probing(servers.nodes) as probe,
            loaded(mysql_service, *addresses) as load,
        ):
            settle(*addresses)
            load.mark("planned stop")
            one.stop()
            settle(*addresses)
            servers.start(one)
            servers.until_complete()
            settle(*addresses)
            load.mark("kill")
            one.kill()
            time.sleep(4)
            settle(*addresses)
            load.mark("back")
            servers.start(one)
            servers.until_complete()
            settle(*addresses)
            load.mark("freeze")
            two.freeze()
            time.sleep(4)
            settle(*addresses)
            two.thaw()
            servers.until_complete()
            settle(*addresses)
            load.mark("majority lost")
            for node in (two, three):
                node.freeze()
            time.sleep(8)
            load.mark("majority back")
            for node in (two, three):
                node.thaw()
            settle(*addresses)
            servers.until_complete()
        report(load, probe, "planned stop", "kill", "back", "freeze", "majority back")
        unready = load.turned("503", after=load.marks["majority lost"])
        print(f"majority lost: readiness 503 after {unready:.2f} s")
        assert unready < 2 * BOUND
        for node in servers.nodes:
            found = rows(mysql_service, node.url(DATABASE))
            load.check(found)
        print(f"stored though refused: {load.stored_though_refused(found)}")
