"""The time from `poe feature` to the end of the tests of the new feature."""

import shutil
import time
from statistics import median

from benchmarks.features import COLUMNS
from benchmarks.options import Options
from benchmarks.project import FOLDER, Project, rendered
from benchmarks.tables import table

IMPORT = ("-c", "import app.main")
URL = "postgresql://127.0.0.1/none"


def measure(options: Options) -> str:
    """Return the seconds of the commands, also relative to the import of the app in each round."""
    with rendered() as project:
        _commands(project, "order")  # the byte code and the database are not there yet
        found = [_commands(project, f"order_{number}") for number in range(options.rounds)]
        shutil.rmtree(project.run(project.python, "-c", FOLDER).strip(), ignore_errors=True)
    titles = ["import app.main", "poe feature", "poe test", "both commands"]
    return table(
        ["", "s", "relative to the import"],
        [
            [
                title,
                f"{median(times[place] for times in found):.1f}",
                f"{median(times[place] / times[0] for times in found):.1f}",
            ]
            for place, title in enumerate(titles)
        ],
    )


def _commands(project: Project, name: str) -> list[float]:
    """Generate a feature and test it; return the seconds of the import and of the commands."""
    times = [
        _seconds(project, project.python, *IMPORT, DATABASE_URL=URL),
        _seconds(
            project, "uv", "run", "poe", "feature", name, *COLUMNS[0].split(), "--key", "uuid"
        ),
        _seconds(project, "uv", "run", "poe", "test", f"tests/{name}"),
    ]
    return [*times, sum(times[1:])]


def _seconds(project: Project, *command: str, **variables: str) -> float:
    began = time.perf_counter()
    project.run(*command, **variables)
    return time.perf_counter() - began
