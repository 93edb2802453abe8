// Reads a file that --context names, in JSON or YAML. The result must keep the promises of
// context/function_context.h.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "context/parse_context.h"
#include "context_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<ofn::Note> notes;
  const auto context = ofn::parse_context_file("a", text, notes);
  if (context) {
    check_context(*context);
  } else {
    check_problems(context.error());
  }
  return 0;
}
