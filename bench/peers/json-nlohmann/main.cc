// Reads and writes an order as nlohmann-json does it. Prints the nanoseconds of processor time of one reading and one writing.
//
//   json-nlohmann ORDER.json
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

struct Item {
  std::string sku;
  int count = 0;
  double price = 0;
  std::vector<std::string> tags;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Item, sku, count, price, tags)

struct Order {
  std::string id;
  std::string customer;
  bool paid = false;
  std::int64_t created = 0;
  std::vector<Item> items;
  std::map<std::string, std::string> labels;
  std::string note;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Order, id, customer, paid, created, items, labels, note)

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

template <class Work>
void measure(const char* name, Work work) {
  constexpr int kRounds = 20000;
  const double begin = processor_seconds();
  for (int i = 0; i < kRounds; ++i) work();
  std::cout << name << ' ' << (processor_seconds() - begin) / kRounds * 1e9 << '\n';
}

}  // namespace

int main(int /*argc*/, char** argv) {
  std::ifstream file(argv[1]);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto order = nlohmann::json::parse(text).get<Order>();
  std::size_t sum = 0;
  measure("read", [&] { sum += nlohmann::json::parse(text).get<Order>().items.size(); });
  measure("write", [&] { sum += nlohmann::json(order).dump().size(); });
  return sum == 0 ? 1 : 0;
}
