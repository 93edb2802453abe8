// Reads and writes an order as a typed function does, for `./dev bench --only json`.
//
//   OFN_ORDER=bench/order.json ofn_json_bench
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <ofn/typed.h>

#include "base/check.h"
#include "typed/reader.h"
#include "typed/writer.h"

namespace {

struct Item {
  std::string sku;
  int count = 0;
  double price = 0;
  std::vector<std::string> tags;
};
OFN_FIELDS(Item, sku, count, price, tags)

struct Order {
  std::string id;
  std::string customer;
  bool paid = false;
  std::int64_t created = 0;
  std::vector<Item> items;
  std::map<std::string, std::string> labels;
  std::optional<std::string> note;
};
OFN_FIELDS(Order, id, customer, paid, created, items, labels, note)

std::string text_of_order() {
  const char* const path = std::getenv("OFN_ORDER");  // NOLINT(concurrency-mt-unsafe): one thread
  OFN_CHECK(path != nullptr);
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const ofn::abi::Type& type_of_order() { return ofn::internal::type_of<Order>(); }

void read(benchmark::State& state) {
  const std::string text = text_of_order();
  for (auto _ : state) {
    Order order;
    OFN_CHECK(ofn::read_json(text, type_of_order(), &order).empty());
    benchmark::DoNotOptimize(order);
  }
}
BENCHMARK(read);

void write(benchmark::State& state) {
  Order order;
  OFN_CHECK(ofn::read_json(text_of_order(), type_of_order(), &order).empty());
  for (auto _ : state) {
    std::string written;
    ofn::write_json(type_of_order(), &order, written);
    benchmark::DoNotOptimize(written);
  }
}
BENCHMARK(write);

}  // namespace

BENCHMARK_MAIN();
