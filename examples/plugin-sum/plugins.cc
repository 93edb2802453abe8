// Plugins that share data. `even` and `odd` add up the even and the odd numbers of a request, and
// `sum` appends the sum of both to the answer: "1 2 3 4" becomes "1 2 3 4 = 10".
#include <sstream>
#include <stdexcept>

#include <ofn/plugin.h>

struct Adder : ofn::Plugin {
  explicit Adder(int wanted_rest) : rest(wanted_rest) {}
  void pre(ofn::Context&, ofn::CallData& data) override {
    std::istringstream numbers{std::string(data.bytes())};
    for (int number = 0; numbers >> number;) {
      if (number % 2 == rest) total += number;
    }
  }
  int rest;
  int total = 0;  // only of this call, because every call has plugin objects of its own
};
struct Even : Adder {
  Even() : Adder(0) {}
};
struct Odd : Adder {
  Odd() : Adder(1) {}
};
struct Sum : ofn::Plugin {
  void post(ofn::Context& context, ofn::CallResult& result) override {
    const auto* even = context.plugin<Even>("even");
    const auto* odd = context.plugin<Odd>("odd");
    if (even == nullptr || odd == nullptr)
      throw std::logic_error("the context must name the plugins even, odd and sum");
    result.data(std::string(result.data()) + " = " + std::to_string(even->total + odd->total));
  }
};

OFN_PLUGIN(Even, "even", "1.0.0")
OFN_PLUGIN(Odd, "odd", "1.0.0")
OFN_PLUGIN(Sum, "sum", "1.0.0")
