"""The production server with the router of Prometheus, and gizmos."""

from app.__main__ import main
from app.main import app
from tests.platform.gizmo import with_gizmos
from tests.platform.recipes.prometheus import router

with_gizmos(app)
# Not in `main`: a worker process imports this module and does not call `main`.
app.include_router(router)

if __name__ == "__main__":
    main()
