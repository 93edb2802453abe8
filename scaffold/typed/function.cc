// Adds up an order. The framework reads and writes the JSON of these types, and refuses what does not fit.
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/typed.h>

struct Line {
  std::string item;
  unsigned count = 1;
};
OFN_FIELDS(Line, (item, ofn::length(1, 40)), (count, ofn::min(1U), ofn::max(1000U)))

struct Order {
  std::string customer;
  std::vector<Line> lines;
};
OFN_FIELDS(Order, (customer, ofn::length(1, 80)), lines)

struct Receipt {
  std::string text;
  unsigned pieces = 0;
};
OFN_FIELDS(Receipt, text, pieces)

Receipt my_function(const Order& order) {
  Receipt receipt{.text = "thank you, " + order.customer};
  for (const Line& line : order.lines) receipt.pieces += line.count;
  return receipt;
}
OFN_FUNCTION(my_function)
