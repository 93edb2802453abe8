// Reads a Range field of arbitrary bytes for a body of the size that the first byte says. The answer
// must have the bytes that it names, and not many more than the whole body.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/ranges.h>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  std::string body;
  for (unsigned i = 0; i < data[0]; ++i) body += static_cast<char>(i * 31);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  const ofn::Ranges read = ofn::parse_ranges(text, body.size());
  OFN_CHECK(read.ranges.empty() == (read.answer != ofn::RangeAnswer::kPartial));
  OFN_CHECK(read.ranges.size() <= ofn::kMaxRanges);
  std::size_t total = 0;
  for (const ofn::ByteRange& range : read.ranges) {
    OFN_CHECK(range.first <= range.last && range.last < body.size());
    total += range.size();
  }
  OFN_CHECK(total <= body.size());

  const ofn::Field field{"range", text};
  ofn::Request::Parts parts;
  parts.method = "GET";
  parts.headers = {&field, 1};
  const ofn::Response answer =
      ofn::ranged(ofn::Request(std::move(parts)), ofn::Response(body).content_type("a/b"));
  switch (read.answer) {
    case ofn::RangeAnswer::kWhole:
      OFN_CHECK(answer.status() == 200 && answer.body() == body);
      break;
    case ofn::RangeAnswer::kUnsatisfiable:
      OFN_CHECK(answer.status() == 416 && answer.find_header("content-range") != nullptr);
      break;
    case ofn::RangeAnswer::kPartial:
      OFN_CHECK(answer.status() == 206);
      OFN_CHECK(answer.body().size() <= body.size() + 256 * (read.ranges.size() + 1));
      for (const ofn::ByteRange& range : read.ranges) {
        const std::string_view wanted = std::string_view(body).substr(range.first, range.size());
        OFN_CHECK(answer.body().find(wanted) != std::string::npos);
        if (read.ranges.size() == 1) OFN_CHECK(answer.body() == wanted);
      }
  }
  return 0;
}
