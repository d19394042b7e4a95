"""What whoever measures may choose, and how they see that it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

console = Console(stderr=True)


@dataclass(frozen=True)
class Options:
    """How much is measured, on which database, and where the results go."""

    rounds: int
    seconds: int
    quick: bool
    database_url: str | None
    output: Path

    @contextmanager
    def progress(self, title: str, steps: int) -> Iterator[Callable[[str], None]]:
        """Yield what is called before each step with its name."""
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
