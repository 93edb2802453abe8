// Reads and writes an order as a typed function does. Prints the nanoseconds of processor time of one reading and one writing, for
// `./dev bench --only json`.
//
//   ofn_json_bench ORDER.json
#include <cstdint>
#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ofn/typed.h>

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

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void measure(const char* name, auto work) {
  constexpr int kRounds = 20000;
  const double begin = processor_seconds();
  for (int i = 0; i < kRounds; ++i) work();
  std::cout << name << ' ' << (processor_seconds() - begin) / kRounds * 1e9 << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: ofn_json_bench ORDER.json\n";
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const ofn::abi::Type& type = ofn::internal::type_of<Order>();
  Order order;
  const ofn::JsonProblems problems = ofn::read_json(text, type, &order);
  if (!problems.empty()) {
    std::cerr << argv[1] << ": " << ofn::lines_of(problems) << '\n';
    return 1;
  }
  std::size_t sum = 0;
  measure("read", [&] {
    Order read;
    sum += ofn::read_json(text, type, &read).size() + read.items.size();
  });
  measure("write", [&] {
    std::string written;
    ofn::write_json(type, &order, written);
    sum += written.size();
  });
  return sum == 0 ? 1 : 0;
}
