// The function whose edits are measured. Each edit changes the number.
#include <string>

#include <ofn/function.h>

namespace {

constexpr int kEdit = 0;

}  // namespace

ofn::Response hello(const ofn::Request& request) {
  return "hello, " + request.query("name").value_or("world") + ", edit " + std::to_string(kEdit) +
         "\n";
}
