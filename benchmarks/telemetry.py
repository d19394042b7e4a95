"""The service with telemetry on, relative to the same service with telemetry off."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from benchmarks import machine
from benchmarks.calls import count
from benchmarks.load import GET_LIST, GET_ONE, POST, require_wrk
from benchmarks.options import Options
from benchmarks.project import rendered
from benchmarks.rounds import compare
from benchmarks.server import SERVICE, serving
from benchmarks.tables import table

ENDPOINTS = [GET_ONE, GET_LIST, POST]
OFF = "off"
CLIENTS = 16


def measure(options: Options) -> str:
    """Return a table of the calls and of the processor time, relative to telemetry off."""
    require_wrk()
    rows = 1_000 if options.quick else 10_000
    with (
        rendered() as project,
        project.database(options.database_url) as url,
        collector() as endpoint,
    ):
        project.rows("fill", rows, url)

        def clean() -> None:
            project.rows("keep", rows, url)

        on = {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint}
        tenth = on | {
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": "0.1",
        }
        variants = {
            OFF: {},
            "metrics only": on | {"OTEL_TRACES_EXPORTER": "none"},
            "a tenth of the traces": tenth,
            "all traces": on,
        }
        calls = {name: count(project, SERVICE, url, **given) for name, given in variants.items()}
        with ExitStack() as stack:
            servers = []
            for name, given in variants.items():
                server = stack.enter_context(serving(project, SERVICE, url, **given))
                server.name = name
                servers.append(server)
            times = compare(servers, ENDPOINTS, options, clients=CLIENTS, rows=rows, clean=clean)
        clean()
        titles = [endpoint.title for endpoint in ENDPOINTS]
        lines = [
            [
                title,
                name,
                f"{calls[name][number] / calls[OFF][number]:.2f}",
                f"{times.ratio(title, 'cpu', name, OFF):.2f}",
                f"{(times.middle(title, name, 'cpu') - times.middle(title, OFF, 'cpu')) * 1e6:.0f}",
            ]
            for number, title in enumerate(titles)
            for name in variants
            if name != OFF
        ]
        head = ["", "telemetry", "calls, off = 1", "processor time, off = 1", "µs more"]
        return "\n\n".join([table(head, lines), machine.describe(project)])


@contextmanager
def collector(store: Callable[[str, bytes], object] = lambda path, body: None) -> Iterator[str]:
    """Accept OTLP on a free port; yield the endpoint.

    `store` gets the path and the body of each export; the default drops them.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            store(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *values: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
