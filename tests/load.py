"""Clients that load a service while something happens to its processes."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.request import urlopen

PRODUCTS = "/api/v1/products"


class Load:
    """Clients that send requests until they are stopped; each POST has a name of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: Counter[str] = Counter()
        self.stopped = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._post, args=(n,)) for n in range(3)]
        threads += [threading.Thread(target=self._get)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join()

    def _post(self, client: int) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            self._send("POST", {"name": f"{self.port} {client} {number}", "price": "1"})

    def _get(self) -> None:
        while not self.stopped.is_set():
            self._send("GET", None)

    def _send(self, method: str, body: dict[str, str] | None) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with closing(connection):
            try:
                headers = {"Content-Type": "application/json"}
                connection.request(method, PRODUCTS, json.dumps(body) if body else None, headers)
                answer: object = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                answer = type(error).__name__
        self.answers[f"{method} {answer}"] += 1
        time.sleep(0.005)


def stored(port: int) -> int:
    """Return the number of products that a client of the balancer at `port` has stored."""
    with urlopen(f"http://127.0.0.1:{port}{PRODUCTS}?total=true&limit=1") as response:
        total: int = json.load(response)["total"]
    return total
