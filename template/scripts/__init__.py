"""The commands of this project."""

import sys
from types import TracebackType


def _print_error(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """Print an unhandled error; Ctrl-C is none."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _print_error
