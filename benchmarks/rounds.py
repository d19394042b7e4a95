"""Interleaved rounds: each round measures every server, every second one in reverse order."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.load import Endpoint, Slice, load
from benchmarks.options import Options
from benchmarks.server import Server

WARM_UP = 1

Results = dict[tuple[str, str], list[Slice]]


@dataclass(frozen=True)
class Comparison:
    """Slices by title of the endpoint and name of the server, one for each round."""

    slices: Results

    def middle(self, title: str, name: str, figure: str) -> float:
        """Return the median over the rounds of one figure."""
        return median(getattr(slice_, figure) for slice_ in self.slices[title, name])

    def ratio(self, title: str, figure: str, name: str, other: str) -> float:
        """Return the median over the rounds of the ratio of two servers' figures."""
        return median(self.ratios(title, figure, name, other))

    def ratios(self, title: str, figure: str, name: str, other: str) -> list[float]:
        """Return the ratio of two servers' figures in each round, the lowest first."""
        pairs = zip(self.slices[title, name], self.slices[title, other], strict=True)
        return sorted(getattr(one, figure) / getattr(two, figure) for one, two in pairs)

    def spread(self, title: str, figure: str, name: str, other: str) -> str:
        """Return `ratio` as text, with the lowest and the highest one: 0.66 (0.61 to 0.70)."""
        ratios = self.ratios(title, figure, name, other)
        return f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def compare(
    servers: Sequence[Server],
    endpoints: Sequence[Endpoint],
    options: Options,
    *,
    clients: int,
    rows: int,
    clean: Callable[[], None],
) -> Comparison:
    """Measure each server at each endpoint; `clean` is called after slices that write."""
    slices: Results = defaultdict(list)
    steps = options.rounds * len(endpoints) * len(servers)
    with options.progress(f"{clients} clients", steps) as advance:
        for number in range(options.rounds):
            for endpoint in endpoints:
                for server in servers if number % 2 == 0 else servers[::-1]:
                    advance(f"{endpoint.title}, {server.name}")
                    load(server, endpoint, seconds=WARM_UP, clients=clients, rows=rows)
                    slices[endpoint.title, server.name].append(
                        load(server, endpoint, seconds=options.seconds, clients=clients, rows=rows)
                    )
                    if endpoint.method == "POST":
                        clean()
    return Comparison(slices)
