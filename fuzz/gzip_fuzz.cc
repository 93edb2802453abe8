// Reads the field Accept-Encoding, up to a line feed, and decompresses the body behind it, as gzip and as deflate. No body becomes larger
// than its limit and a byte; a body that has become a text stays one whatever larger limit it gets; and two members are both texts
// one after the other.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ofn/field.h>

#include "base/check.h"
#include "gzip/gzip.h"
#include "middleware/accept_encoding.h"
#include "middleware/middleware.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ofn;
  constexpr std::size_t kMost = std::size_t{1} << 16U;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const std::size_t feed = std::min(input.find('\n'), input.size());
  const Field field{"accept-encoding", input.substr(0, feed)};
  const Field fields[] = {{"x", "gzip"}, field};
  OFN_CHECK(prefers_gzip(fields) == prefers_gzip({&field, 1}));
  const std::string_view body = input.substr(std::min(feed + 1, input.size()));
  for (const std::string_view coding : {"gzip", "deflate"}) {
    const std::size_t bound = Middleware::decompressed_bound(coding, body, kMost);
    OFN_CHECK(bound >= 1 && bound <= kMost + 1);
    const auto text = decompress(coding, body, std::min(bound, kMost));
    if (!text) continue;
    OFN_CHECK(text->size() <= kMost);
    OFN_CHECK(decompress(coding, body, kMost * 2) == *text);
    if (coding == "deflate") continue;
    const std::string twice = std::string(body) + std::string(body);
    const std::size_t bound_of_two = Middleware::decompressed_bound(coding, twice, kMost * 2);
    const auto both = decompress(coding, twice, std::min(bound_of_two, kMost * 2));
    OFN_CHECK(both.has_value() && *both == *text + *text);
  }
  return 0;
}
