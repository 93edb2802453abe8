// A function of the author's own types, which are read from JSON and written as JSON. Each edit changes the number.
#include <optional>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/typed.h>

namespace {

constexpr int kEdit = 0;

}  // namespace

enum class Size { small, large };  // NOLINT(readability-identifier-naming): as in JSON
OFN_ENUM(Size, small, large)

struct Line {
  std::string item;
  unsigned count = 1;
  std::optional<Size> size;
};
OFN_FIELDS(Line, item, count, size)

struct Order {
  std::string customer;
  std::vector<Line> lines;
};
OFN_FIELDS(Order, customer, lines)

struct Receipt {
  std::string text;
  unsigned pieces = 0;
};
OFN_FIELDS(Receipt, text, pieces)

Receipt typed(const Order& order) {
  Receipt receipt{.text = "thank you, " + order.customer + ", edit " + std::to_string(kEdit)};
  for (const Line& line : order.lines) receipt.pieces += line.count;
  return receipt;
}
