"""Fixtures for your own tests; the platform has `client`, `session`, `connection` and others."""

pytest_plugins = ["tests.platform.fixtures"]
