import io
import json
import logging
import sys
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from app.core.config import get_settings
from app.core.process.logging import configure_logging


def test_production_logs_json_with_the_request_id(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stdout", output)
    production = get_settings().model_copy(update={"environment": "production"})
    configure_logging(production)
    with structlog.contextvars.bound_contextvars(request_id="trace"):
        structlog.get_logger().warning("own line", number=1)
        logging.getLogger("uvicorn.error").warning("line of %s", "uvicorn")
        for name in ("alembic.ddl.impl", "alembic.runtime.migration"):
            logging.getLogger(name).info("a detail of %s", name)
        try:
            raise LookupError("missing")
        except LookupError:
            structlog.get_logger().exception("failed")
    monkeypatch.undo()
    configure_logging(get_settings())
    own, other, failed = (json.loads(line) for line in output.getvalue().splitlines())
    assert own == own | {"event": "own line", "number": 1, "level": "warning"}
    assert other == other | {"event": "line of uvicorn", "logger": "uvicorn.error"}
    assert failed["exception"].endswith("LookupError: missing")
    assert {line["request_id"] for line in (own, other, failed)} == {"trace"}
    assert [line["level"] for line in (own, other, failed)] == ["warning", "warning", "error"]
    for line in (own, other, failed):
        assert line["timestamp"].endswith("Z")
        age = datetime.now(UTC) - datetime.fromisoformat(line["timestamp"])
        assert timedelta(0) <= age < timedelta(minutes=1)


def test_the_driver_logs_no_values_at_any_level() -> None:
    settings = get_settings()
    configure_logging(settings.model_copy(update={"log_level": "DEBUG"}))
    try:
        assert logging.getLogger("shop").isEnabledFor(logging.DEBUG)
        driver = settings.sqlalchemy_url.get_driver_name()
        assert not logging.getLogger(driver).isEnabledFor(logging.INFO)
    finally:
        configure_logging(settings)
