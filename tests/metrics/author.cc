#include <chrono>
#include <string>

#include <ofn/function.h>
#include <ofn/metrics.h>
#include <ofn/task.h>

namespace shop {

OFN_COUNTER(orders, "shop.orders", "{order}", "Orders that were placed", "shop.kind")
OFN_GAUGE(stock, "shop.stock", "{item}", "Items in stock")
OFN_HISTOGRAM(payment, "shop.payment.duration", "s", "Time that a payment took")
OFN_HISTOGRAM(basket, "shop.basket.size", "{item}", "Items of an order", ofn::buckets(1, 2, 5, 10),
              "shop.kind")

}  // namespace shop

ofn::Response place(const ofn::Request& request) {
  const std::string kind(request.param("kind").value_or(""));
  shop::orders.add(1, kind);
  shop::stock.add(-1);
  shop::payment.record(std::chrono::milliseconds(70));
  shop::basket.record(3, kind);
  return "placed\n";
}
OFN_ROUTE("POST /orders/{kind}", place)

ofn::task<ofn::Response> place_later(const ofn::Request& request) {
  const std::string kind(request.param("kind").value_or(""));
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  shop::orders.add(1, kind);
  co_return "placed\n";
}
OFN_ROUTE("POST /later/{kind}", place_later)
