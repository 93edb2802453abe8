// A function of your own types: the framework reads and writes their JSON.
#include <optional>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/typed.h>

enum class Size { small, large };
OFN_ENUM(Size, small, large)

struct Line {
  std::string item;
  unsigned count = 1;
  std::optional<Size>
      size;  // JSON may omit only std::optional fields, unless default_absent_fields
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

Receipt order(const Order& order) {
  Receipt receipt{.text = "thank you, " + order.customer};
  for (const Line& line : order.lines) receipt.pieces += line.count;
  return receipt;
}
