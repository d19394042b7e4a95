"""Fixtures of your own tests; `client`, `session` and `connection` come from the platform."""

pytest_plugins = ["tests.platform.fixtures"]
