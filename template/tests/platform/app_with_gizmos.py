"""The production server with gizmos: `python -m tests.platform.app_with_gizmos`."""

from app.__main__ import main
from app.core.config import get_settings

# Not in `main`: a worker process imports this module and does not call `main`. The parent of
# several workers does without the app, as in production.
if __name__ != "__main__" or get_settings().web_concurrency == 1:
    from app.main import app
    from tests.platform.gizmo import with_gizmos

    with_gizmos(app)

if __name__ == "__main__":
    main()
