// Parses the chunked body of an HTTP/1.1 request. The input's first byte says how the rest is
// split. The verdict, the body and the trailers must be the same for every split.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "wire/http1/chunk_parser.h"

namespace {

using ofn::Field;
using ofn::wire::http1::Body;
using ofn::wire::http1::ChunkParser;
using ofn::wire::http1::Step;

// Everything that must not depend on the split, as text.
std::string outcome(const ofn::wire::Limits& limits, std::string_view bytes, std::size_t stride) {
  ChunkParser parser(limits);
  Body body;
  std::size_t total = 0;
  for (std::size_t begin = 0; begin < bytes.size(); begin += stride) {
    const std::string_view piece = bytes.substr(begin, stride);
    // Each piece has a buffer of its own and of exactly its size, so that the sanitizer notices a
    // read beyond it.
    const auto buffer = std::make_unique<char[]>(piece.size());
    piece.copy(buffer.get(), piece.size());
    const auto [step, consumed] = parser.parse({buffer.get(), piece.size()}, body);
    OFN_CHECK(body.bytes.size() <= limits.body_bytes);
    OFN_CHECK(body.trailer_text.size() <= limits.trailer_bytes);
    if (step == Step::kRejected) {
      return std::to_string(parser.reject().status) + std::string(parser.reject().reason);
    }
    OFN_CHECK(consumed <= piece.size());
    total += consumed;
    if (step == Step::kMore) {
      OFN_CHECK(consumed == piece.size());
      continue;
    }
    OFN_CHECK(bytes.substr(0, total).ends_with("\r\n"));
    std::string text = std::to_string(total) + '\n' + body.bytes;
    for (const Field& field : body.trailers) {
      OFN_CHECK(!ofn::same_field_name(field.name, "content-length"));
      text += '\n' + std::string(field.name) + ':' + std::string(field.value);
    }
    return text;
  }
  return "more";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  ofn::wire::Limits limits;
  limits.head_fields = 16;
  limits.body_bytes = 512;  // short inputs can exceed it
  limits.trailer_bytes = 256;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = outcome(limits, bytes, bytes.size());
  OFN_CHECK(outcome(limits, bytes, 1) == whole);
  OFN_CHECK(outcome(limits, bytes, data[0] + std::size_t{2}) == whole);
  return 0;
}
