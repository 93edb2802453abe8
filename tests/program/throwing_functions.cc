// Functions that throw: ?how= says in which way. The golden files have the numbers of these lines.
#include <chrono>
#include <exception>
#include <map>
#include <new>
#include <stdexcept>
#include <string>

#include <ofn/function.h>
#include <ofn/plugin.h>
#include <ofn/task.h>
#include <ofn/writer.h>

namespace shop {

struct OutOfStock {
  int left;
};

const std::map<std::string, int, std::less<>> kPrices = {{"tea", 3}};

int price(const std::string& name) { return kPrices.at(name); }

void check(int count) {
  if (count > 3) throw std::runtime_error("too many: " + std::to_string(count));
}

int buy(const std::string& how) {
  if (how == "library") return price("coffee");
  if (how == "stoi") return std::stoi("coffee");
  if (how == "number") throw 42;
  if (how == "type") throw OutOfStock{0};
  if (how == "memory") return *new char[std::size_t{1} << 46];
  if (how == "input") throw ofn::BadInput("there is no such product");
  check(7);
  return 0;
}

int buy_again(const std::string& how) {
  try {
    return buy("author");
  } catch (...) {
    if (how == "again") throw;
    const std::exception_ptr kept = std::current_exception();
    std::rethrow_exception(kept);
  }
}

}  // namespace shop

namespace {

std::string how_of(const ofn::Request& request) {
  return std::string(request.query("how").value_or(""));
}

ofn::task<int> buy_later(std::string how) {
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  co_return shop::buy(how);
}

}  // namespace

std::string throws(const ofn::Request& request) {
  const std::string how = how_of(request);
  const bool is_again = how == "again" || how == "pointer";
  return std::to_string(is_again ? shop::buy_again(how) : shop::buy(how));
}

ofn::task<std::string> throws_in_task(const ofn::Request& request) {
  co_return std::to_string(co_await buy_later(how_of(request)));
}

void throws_in_writer(const ofn::Request& request, ofn::Writer& writer) {
  writer.write("the beginning\n");
  shop::buy(how_of(request));
}

std::string works(const ofn::Request&) { return "works\n"; }

struct Guard : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData&) override { shop::check(8); }
};
OFN_PLUGIN(Guard, "guard", "v1")

struct RequiredGuard : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData&) override { throw shop::OutOfStock{1}; }
};
OFN_REQUIRED_PLUGIN(RequiredGuard, "required guard", "v1")

OFN_FUNCTION(throws)
OFN_FUNCTION(throws_in_task)
OFN_FUNCTION(throws_in_writer)
OFN_FUNCTION(works)

std::string throws_nested(const ofn::Request& request) {
  try {
    return throws(request);
  } catch (...) {
    std::throw_with_nested(std::logic_error("cannot sell"));
  }
}

OFN_FUNCTION(throws_nested)
