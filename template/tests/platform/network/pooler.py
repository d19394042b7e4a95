"""A mark for tests that need the server itself: its login, its sessions or its limits."""

import os

import pytest

direct = pytest.mark.skipif(bool(os.environ.get("DATABASE_POOLER")), reason="behind a pooler")
