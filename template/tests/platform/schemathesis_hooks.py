"""Data for `poe contract`; Schemathesis loads it in an environment of its own."""

import schemathesis  # type: ignore[import-not-found]
from hypothesis import strategies  # type: ignore[import-not-found]

# Pydantic's EmailStr refuses the domains that are reserved for tests.
EMAIL = r"[a-z0-9]{1,10}([.+_-][a-z0-9]{1,10})?@[a-z0-9]{1,10}\.(com|org|net)"

schemathesis.openapi.format("email", strategies.from_regex(EMAIL, fullmatch=True))
