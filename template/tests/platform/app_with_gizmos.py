"""The production server with gizmos: `python -m tests.platform.app_with_gizmos`."""

from app.__main__ import main
from app.main import app
from tests.platform.gizmo import with_gizmos

# Not in `main`: a worker process imports this module and does not call `main`.
with_gizmos(app)

if __name__ == "__main__":
    main()
