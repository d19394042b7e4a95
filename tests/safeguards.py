"""What keeps each promise of a generated service, and how it looks taken out."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Safeguard:
    """A piece of code, what to put in its place, and the tests that must fail then."""

    promise: str
    file: str
    code: str
    instead: str
    tests: str

    def take_out(self, project: Path) -> None:
        """Break the promise in a project."""
        path = project / self.file
        text = path.read_text("utf-8")
        assert text.count(self.code) == 1, f"{self.file} holds {self.code!r} not once"
        path.write_text(text.replace(self.code, self.instead), "utf-8")


SAFEGUARDS = [
    Safeguard(
        "a 201 is sent after its commit",
        "app/core/database.py",
        'Depends(get_session_transaction, scope="function")',
        "Depends(get_session_transaction)",
        "tests/platform/core/test_transactions.py",
    ),
    Safeguard(
        "a stream holds no connection",
        "app/core/database.py",
        'Depends(get_session, scope="function")',
        "Depends(get_session)",
        "tests/platform/core/test_transactions.py",
    ),
    Safeguard(
        "a key is committed together with the rows of its request",
        "tests/platform/recipes/idempotency.py",
        "        result = await work()\n",
        "        await self.session.commit()\n        result = await work()\n",
        "tests/platform/recipes/test_idempotency.py",
    ),
    Safeguard(
        "a request whose confirmation got lost is stored once",
        "tests/platform/recipes/idempotency.py",
        "self.session.add(row)",
        "pass",
        "tests/platform/network/test_idempotency.py",
    ),
    Safeguard(
        "a session for reading holds no connection between statements",
        "app/core/database.py",
        "        transaction.close()",
        "        pass",
        "tests/platform/core/test_read_session.py",
    ),
    Safeguard(
        "a request gets no second connection",
        "app/core/engine/request_connections.py",
        "            self._report(exhausted=exhausted)",
        "            pass",
        "tests/platform/core/test_one_connection.py",
    ),
    Safeguard(
        "a request does not wait for a second connection",
        "app/core/engine/request_connections.py",
        "        if exhausted:",
        "        if False:",
        "tests/platform/core/test_one_connection.py",
    ),
    Safeguard(
        "a test on one connection sees that a request needs two",
        "tests/platform/fixtures.py",
        "            held[transaction] = _hold()",
        "            pass",
        "tests/platform/core/test_one_connection.py",
    ),
    Safeguard(
        "a session for reading does not write",
        "app/core/database.py",
        '@event.listens_for(_ReadOnlySession, "before_flush")\n',
        "",
        "tests/platform/core/test_database.py",
    ),
    Safeguard(
        "a read is one round trip",
        "app/core/engine/driver.py",
        "dbapi_connection.autocommit = True",
        "dbapi_connection.autocommit = False",
        "tests/platform/network/test_round_trips.py",
    ),
    Safeguard(
        "a write after a read is in a transaction",
        "app/core/engine/driver.py",
        "        connection.autocommit = False",
        "        pass",
        "tests/platform/core/engine/test_reader.py",
    ),
    Safeguard(
        "a reader does not write",
        "app/core/engine/reader.py",
        "if not statement.is_select:",
        "if False:",
        "tests/platform/core/engine/test_reader.py",
    ),
    Safeguard(
        "a request asks only the routes of its feature",
        "app/core/http/routing.py",
        'self.prefix.partition("{")[0] not in scope["path"]',
        "False",
        "tests/platform/core/http/test_routing.py",
    ),
    Safeguard(
        "a row has the names that its model has",
        "app/core/crud.py",
        "column.label(name)",
        "column",
        "tests/platform/core/test_pagination.py",
    ),
    Safeguard(
        "% and _ in a searched text are no wildcards",
        "app/core/engine/text.py",
        "column.startswith(text, autoescape=True)",
        "column.startswith(text)",
        "tests/platform/core/test_filters.py",
    ),
    Safeguard(
        "a filter on an unknown column is refused when its class is made",
        "app/core/pagination.py",
        "        if cls._model is None:\n",
        "        if True:\n",
        "tests/platform/core/test_query_classes.py",
    ),
    Safeguard(
        "every statement of a CRUD class obeys its criteria",
        "app/core/crud.py",
        "rows.where(*self._criteria)",
        "rows",
        "tests/platform/core/test_criteria.py",
    ),
    Safeguard(
        "no route shows or changes rows of another tenant",
        "app/core/crud.py",
        "self._criteria = tuple(self.criteria())",
        "self._criteria = ()",
        "tests/platform/recipes/test_tenants.py",
    ),
    Safeguard(
        "an entity from elsewhere is written only within the criteria",
        "app/core/crud.py",
        '{"key": key}) is None:',
        '{"key": key}) is False:',
        "tests/platform/core/test_criteria_of_writes.py",
    ),
    Safeguard(
        "a locked row is read anew",
        "app/core/crud.py",
        ".execution_options(populate_existing=True)",
        "",
        "tests/platform/core/test_transactions.py",
    ),
    Safeguard(
        "a burst does not open its connections anew each time",
        "app/core/engine/pool.py",
        "if recently_exhausted and self._pool.full():",
        "if False:",
        "tests/platform/core/engine/test_pool.py",
    ),
    Safeguard(
        "connections are given in the order of asking",
        "app/core/engine/pool.py",
        "self._wait_for_permit() if self._permits.locked() else self._permits.acquire()",
        "asyncio.sleep(0)",
        "tests/platform/core/engine/test_pool.py",
    ),
    Safeguard(
        "a failed connect passes its turn on",
        "app/core/engine/pool.py",
        "            self._permits.release()\n            raise",
        "            raise",
        "tests/platform/network/test_connecting.py",
    ),
    Safeguard(
        "a database that is away is a 503",
        "app/core/engine/pool.py",
        "except driver.CONNECT_ERRORS as error",
        "except ZeroDivisionError as error",
        "tests/platform/network/test_network.py",
    ),
    Safeguard(
        "a connection that was ended while idle is replaced",
        "app/core/engine/driver.py",
        '    event.listen(engine, "checkout", _check_not_closed)\n',
        "",
        "tests/platform/network/test_connecting.py",
    ),
    Safeguard(
        "connecting takes only so long",
        "app/core/engine/driver.py",
        "asyncio.timeout(settings.database_connect_timeout)",
        "asyncio.timeout(30)",
        "tests/platform/network/test_connecting.py",
    ),
    Safeguard(
        "a deadlock is a 503",
        "app/core/engine/driver.py",
        '"40P01", ',
        "",
        "tests/platform/network/test_deadlock.py",
    ),
    Safeguard(
        "a wait for a lock has an end of its own",
        "app/core/engine/driver.py",
        'server_settings["lock_timeout"]',
        'server_settings["deadlock_timeout"]',
        "tests/platform/core/test_database.py",
    ),
    Safeguard(
        "the response to a change is the stored row",
        "app/core/crud.py",
        ".with_for_update()",
        "",
        "tests/platform/core/test_transactions.py",
    ),
    Safeguard(
        "a table that a migration changed is not a 500",
        "app/core/engine/driver.py",
        "return outdated or code in",
        "return code in",
        "tests/platform/network/test_failover.py",
    ),
    Safeguard(
        "a standby is left",
        "app/core/engine/driver.py",
        '    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:\n'
        "        context.is_disconnect = True\n",
        "",
        "tests/platform/network/test_failover.py",
    ),
    Safeguard(
        "a missing row is a 404",
        "app/core/http/problems.py",
        "    @app.exception_handler(NotFoundError)\n",
        "",
        "tests/platform/core/http/test_problems.py",
    ),
    Safeguard(
        "a 201 has the path of the new resource",
        "tests/platform/gizmo.py",
        'response.headers["Location"]',
        'response.headers["X-Location"]',
        "tests/platform/core/http/test_openapi.py",
    ),
    Safeguard(
        "imports point one way",
        "app/models/types.py",
        "import secrets\n",
        "import secrets\nimport app.core.errors\n",
        "tests/platform/test_layers.py",
    ),
    Safeguard(
        "a conflict is a 409",
        "app/core/http/problems.py",
        "if driver.is_conflict(error):",
        "if False:",
        "tests/platform/core/http/test_problems.py",
    ),
    Safeguard(
        "an answer to what nobody caught has the headers of all others",
        "app/core/http/middleware.py",
        "            await problem_response(500)(scope, receive, send)\n",
        "            raise\n",
        "tests/platform/core/http/test_problems.py",
    ),
    Safeguard(
        "what was typed is not shown",
        "app/core/http/problems.py",
        'message=part["msg"]',
        "message=str(part)",
        "tests/platform/core/http/test_problems.py",
    ),
    Safeguard(
        "a body has a limit",
        "app/core/http/middleware.py",
        "if size > self.max_bytes or (",
        "if False and (",
        "tests/platform/core/http/test_middleware.py",
    ),
    Safeguard(
        "probes take one connection",
        "app/core/http/health.py",
        "if self._probe is None or self._probe.done():",
        "if True:",
        "tests/platform/core/http/test_health.py",
    ),
    Safeguard(
        "a process that stops says so first",
        "app/core/process/lifespan.py",
        "    fail_readiness_on_sigterm(settings.shutdown_delay)\n",
        "",
        "tests/platform/test_process.py",
    ),
    Safeguard(
        "nothing secret is in an error",
        "app/core/engine/settings.py",
        "        hide_input_in_errors=True,\n",
        "",
        "tests/platform/core/engine/test_server_settings.py",
    ),
    Safeguard(
        "an order is the same each time",
        "app/core/crud.py",
        "order_by(direction(column), direction(self._key))",
        "order_by(direction(column))",
        "tests/platform/core/test_pagination.py",
    ),
    Safeguard(
        "no update is lost",
        "app/models/base.py",
        '{"version_id_col": cls.version}',
        "{}",
        "tests/platform/recipes/test_stock.py",
    ),
    Safeguard(
        "who sends a change has seen the row as it is",
        "app/models/base.py",
        "if self.version != version:",
        "if False:",
        "tests/platform/recipes/test_invoices.py",
    ),
    Safeguard(
        "a change against a CHECK constraint is a 422",
        "app/core/engine/driver.py",
        ', "22P05", "23514"}',
        ', "22P05"}',
        "tests/platform/core/http/test_violations.py",
    ),
    Safeguard(
        "a missing parent is told apart from a row that is still referenced",
        "app/core/engine/foreign_keys.py",
        'if words[0].upper() == "DELETE" else',
        "if False else",
        "tests/platform/core/http/test_violations.py",
    ),
    Safeguard(
        "a new row has equal timestamps",
        "app/models/base.py",
        '(context.current_parameters or {}).get("created_at") or utc_now()',
        "utc_now()",
        "tests/platform/models/test_base.py",
    ),
    Safeguard(
        "newer UUIDs are greater",
        "app/models/types.py",
        "| fraction << 64 ",
        "",
        "tests/platform/models/test_types.py",
    ),
    Safeguard(
        "models keep the conventions",
        "app/product/models.py",
        '__tablename__ = "product"',
        '__tablename__ = "products"',
        "tests/platform/models/test_conventions.py",
    ),
    Safeguard(
        "what a 201 shows is what the next read shows",
        "app/core/http/fields.py",
        "return abs(value.quantize(Decimal(1).scaleb(-self.decimal_places)))",
        "return value",
        "tests/platform/core/http/test_fields.py",
    ),
    Safeguard(
        "one process at a time migrates",
        "migrations/env.py",
        "        driver.migration_lock(connection),\n",
        "",
        "tests/platform/migrations/test_migrations.py",
    ),
    Safeguard(
        "an upgrade with nothing to do takes no lock",
        "migrations/env.py",
        "    if is_up_to_date():",
        "    if False:",
        "tests/platform/migrations/test_upgrade.py",
    ),
    Safeguard(
        "an index can be made concurrently under the lock",
        "app/core/engine/driver.py",
        'SET LOCAL idle_in_transaction_session_timeout = 0"))\n        yield',
        'SELECT 1"))\n        yield',
        "tests/platform/core/engine/test_postgresql_revisions.py",
    ),
    Safeguard(
        "an operation that loses data is accepted by name",
        "migrations/lint.py",
        "case ops.DropColumnOp():",
        "case ops.DropColumnOp() if False:",
        "tests/platform/migrations/test_lint.py",
    ),
    Safeguard(
        "no revision overwrites another",
        "migrations/env.py",
        'while _file(script.message or "").exists():',
        "while False:",
        "tests/platform/migrations/test_revision.py",
    ),
    Safeguard(
        "two processes send a reminder once",
        "tests/platform/recipes/reminders.py",
        "        await session.execute(claim)\n",
        "",
        "tests/platform/recipes/test_reminders.py",
    ),
]
