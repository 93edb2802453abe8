// Asks two services at the same time, in at most 100 requests of this program at once. A call holds no thread while it waits.
#include <cstdlib>
#include <string>

#include <ofn/function.h>
#include <ofn/http_client.h>
#include <ofn/semaphore.h>

constinit ofn::Semaphore at_once(100);

// Returns the text that a service answers, or "unknown".
ofn::task<std::string> ask(std::string service, std::string item) {
  const ofn::Permit permit = co_await at_once.acquire();
  if (!permit) co_return "unknown";  // the client has left, or it is too late
  const std::string url = std::getenv("SHOP") + ("/" + service + "?item=" + item);
  const ofn::Reply<ofn::HttpReply> reply =
      co_await ofn::async_fetch(ofn::HttpCall("GET", url).timeout(std::chrono::seconds(2)));
  if (!reply || !reply->ok()) co_return "unknown";
  co_return reply->body;
}

ofn::task<ofn::Response> offer(const ofn::Request& request) {
  const std::string item = request.query("item").value_or("tea");
  const auto [price, stock] = co_await ofn::when_all(ask("price", item), ask("stock", item));
  co_return item + ": " + price + " euros, " + stock + " in stock\n";
}
OFN_FUNCTION(offer)

// The services; in life they are others.
std::string price(const ofn::Request& request) {
  return request.query("item") == "tea" ? "4" : "7";
}
std::string stock(const ofn::Request&) { return "12"; }
OFN_FUNCTION(price)
OFN_FUNCTION(stock)
