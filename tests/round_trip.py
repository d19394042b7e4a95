"""Uses a generated client, for `tests/test_live_clients.py`: `round_trip.py URL`."""

import sys

from example_service_client import Client
from example_service_client.api.products import (
    create_product,
    delete_product,
    get_product,
    get_product_price_statistics,
    list_products,
    update_product,
)
from example_service_client.models import (
    PageProductRead,
    Problem,
    ProductCreate,
    ProductRead,
    ProductUpdate,
)

client = Client(base_url=sys.argv[1], raise_on_unexpected_status=True)

lamp = ProductCreate(name="Lamp", price="12.5", description="Made of brass.")
created = create_product.sync(client=client, body=lamp)
assert isinstance(created, ProductRead), created
assert (created.name, created.price, created.is_active) == ("Lamp", "12.50", True)
assert get_product.sync(created.id, client=client) == created

page = list_products.sync(client=client, name="Lamp", total=True)
assert isinstance(page, PageProductRead), page
assert (page.items, page.total, page.next_cursor) == ([created], 1, None)

changed = update_product.sync(created.id, client=client, body=ProductUpdate(price=9))
assert isinstance(changed, ProductRead), changed
assert (changed.name, changed.description, changed.price) == ("Lamp", "Made of brass.", "9.00")
emptied = update_product.sync(created.id, client=client, body=ProductUpdate(description=None))
assert isinstance(emptied, ProductRead), emptied
assert (emptied.description, emptied.price) == (None, "9.00")

statistics = get_product_price_statistics.sync(client=client)
assert (statistics.active_products, statistics.average) == (1, "9.00")

refused = create_product.sync(client=client, body=ProductCreate(name="", price=1))
assert isinstance(refused, Problem), refused
assert [error.location for error in refused.errors] == [["body", "name"]]

assert delete_product.sync_detailed(created.id, client=client).status_code == 204
missing = get_product.sync(created.id, client=client)
assert isinstance(missing, Problem), missing
assert missing.detail == f"There is no product {created.id}."

print("done")
