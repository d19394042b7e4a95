"""When a failed job runs again."""

from datetime import timedelta
from secrets import SystemRandom

# After the last attempt, 5 to 11 hours after the first one, a job is dead.
MAX_ATTEMPTS = 20
FIRST_DELAY, LAST_DELAY = timedelta(seconds=5), timedelta(hours=1)


def delay_after(attempts: int) -> timedelta:
    """Return the time until the next attempt; it doubles, with jitter."""
    delay = min(FIRST_DELAY * 2.0 ** min(attempts - 1, 20), LAST_DELAY)
    return delay * SystemRandom().uniform(0.5, 1)
