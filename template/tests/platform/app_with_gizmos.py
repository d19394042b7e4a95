"""`python -m tests.platform.app_with_gizmos` serves as `python -m app` does, with gizmos."""

from app.__main__ import main
from app.main import app
from tests.platform.gizmo import with_gizmos

# Not in `main`: each worker process imports this module, and nothing more.
with_gizmos(app)

if __name__ == "__main__":
    main()
