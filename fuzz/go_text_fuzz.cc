// Gives any bytes to our versions of Go's text functions, which bindings use. None may read beyond
// its input, and the JSON that one writes must be text without control characters.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/utf8.h"
#include "localdapr/go/go_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ofn::localdapr;
  const std::string text(data, data + size);
  if (const auto unquoted = go_unquote(text)) OFN_CHECK(size >= 2);
  if (const auto decoded = go_base64(text)) OFN_CHECK(decoded->size() <= size);
  go_duration(text);
  byte_size(text);
  std::string json;
  append_go_json(json, text);
  OFN_CHECK(json.size() >= 2 && ofn::is_utf8(json));
  OFN_CHECK(std::ranges::none_of(json, [](char c) { return c >= 0 && c < ' '; }));
  return 0;
}
