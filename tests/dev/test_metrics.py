"""Metrics in the developer's loop. Each build is served by a process of its own, and counts from 0."""

from metrics.measured import samples
from support.http_client import call

_ORDERS = """
#include <string>

#include <ofn/function.h>
#include <ofn/metrics.h>
OFN_COUNTER(orders, "shop.orders", "{order}", "Orders that were placed")
std::string place() { orders.add(1); return "%s"; }
"""


def shown(dev):
    """Returns the author's counter, and how many calls have succeeded."""
    values = {name: value for (name, _), value in samples(call(dev.url, "/metrics", method="GET").text)}
    return values["shop_orders_total"], values.get("faas_invocations_total", 0)


def test_a_new_build_counts_from_0(develop, source):
    dev = develop(_ORDERS % "first", "--metrics", "same")
    dev.serves(1)
    for _ in range(2):
        assert call(dev.url).text == "first"
    assert shown(dev) == (2, 2)
    dev.reload(source, _ORDERS % "second")
    assert shown(dev) == (0, 0)
    assert call(dev.url).text == "second"
    assert shown(dev) == (1, 1)
