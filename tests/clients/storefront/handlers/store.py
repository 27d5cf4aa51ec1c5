"""What the document of the store cannot say: prices make totals, and stock decreases."""

from collections.abc import Callable
from typing import Any

from mockserver import Backend, ConflictError, Response

Order = dict[str, Any]


def create_order(backend: Backend, *, body: Order, default: Callable[[], Response]) -> Response:
    """Take from stock what is ordered; all of it or nothing."""
    products = backend.collection("products")
    total = 0.0
    for line in body["lines"]:
        product = products.get(str(line["productId"]))
        if product is None or product["stock"] < line["quantity"]:
            raise ConflictError(f"{product['name'] if product else 'This product'} is sold out.")
        products.put(str(product["id"]), {**product, "stock": product["stock"] - line["quantity"]})
        total += product["price"] * line["quantity"]
    order = {**default().body, "total": total}
    return Response(201, backend.collection("orders").put(str(order["id"]), order))


HANDLERS = {"createOrder": create_order}
