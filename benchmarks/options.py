"""The options of a measurement, and its progress bar."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True)


@dataclass(frozen=True)
class Options:
    """The amount of measurement, the database, and the folder of the results."""

    rounds: int
    seconds: int
    quick: bool
    database_url: str | None
    output: Path

    @contextmanager
    def progress(self, title: str, steps: int) -> Iterator[Callable[[str], None]]:
        """Yield a function; call it with the name of each step before the step."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console) as progress:
            task = progress.add_task(title, total=steps)
            started = False

            def advance(name: str) -> None:
                nonlocal started
                progress.update(task, description=f"{title}: {name}", advance=int(started))
                started = True

            yield advance
            progress.update(task, description=title, completed=steps)
