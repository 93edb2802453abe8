// Parses the head of an HTTP/1.1 request. The input's first byte says how the rest is split. The
// verdict and the parsed head must be the same for every split, and an accepted head must keep the
// promises of wire/http1/head_parser.h.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "wire/authority.h"
#include "wire/field_rules.h"
#include "wire/http1/head_parser.h"

namespace {

using ofn::Field;
using ofn::wire::http1::Framing;
using ofn::wire::http1::Head;
using ofn::wire::http1::HeadParser;
using ofn::wire::http1::Step;

void check_head(const Head& head, const std::vector<Field>& fields) {
  OFN_CHECK(!head.method.empty() && head.method != "CONNECT");
  OFN_CHECK(head.target.front() == '/' || head.target.front() == '?' ||
            (head.target == "*" && head.method == "OPTIONS"));
  OFN_CHECK(head.target == "*" || ofn::wire::well_formed_target(head.target.front() == '?'
                                                                    ? "/" + std::string(head.target)
                                                                    : std::string(head.target)));
  OFN_CHECK(head.authority.empty() ? head.http10 : ofn::wire::valid_authority(head.authority));
  OFN_CHECK(!head.http10 || head.framing != Framing::kChunked);
  int lengths = 0;
  int encodings = 0;
  for (const Field& field : fields) {
    OFN_CHECK(!field.name.empty());
    OFN_CHECK(field.name.find_first_of(std::string_view("\0\r\n :\t", 6)) ==
              std::string_view::npos);
    OFN_CHECK(field.value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos);
    OFN_CHECK(field.value.empty() || (field.value.front() != ' ' && field.value.back() != ' '));
    lengths += ofn::same_field_name(field.name, "content-length") ? 1 : 0;
    encodings += ofn::same_field_name(field.name, "transfer-encoding") ? 1 : 0;
  }
  OFN_CHECK(lengths == (head.framing == Framing::kLength ? 1 : 0));
  OFN_CHECK((encodings > 0) == (head.framing == Framing::kChunked));
}

// Everything that must not depend on the split, as text.
std::string outcome(const ofn::wire::Limits& limits, std::string_view bytes, std::size_t stride) {
  HeadParser parser(limits);
  for (std::size_t end = stride;; end += stride) {
    // Each step has a buffer of its own and of exactly the right size, so that the sanitizer notices
    // a read beyond it.
    const std::size_t size = end < bytes.size() ? end : bytes.size();
    const auto buffer = std::make_unique<char[]>(size);
    bytes.copy(buffer.get(), size);
    const std::string_view seen(buffer.get(), size);
    const Step step = parser.parse(seen);
    if (step == Step::kRejected) {
      return std::to_string(parser.reject().status) + std::string(parser.reject().reason);
    }
    if (step == Step::kDone) {
      Head head;
      std::vector<Field> fields;
      if (const auto reject = parser.read(seen, head, fields)) {
        return std::to_string(reject->status) + std::string(reject->reason);
      }
      check_head(head, fields);
      std::string text = std::string(head.method) + '\n' + std::string(head.target) + '\n' +
                         std::string(head.authority) + '\n' + std::to_string(parser.size()) + ' ' +
                         std::to_string(head.content_length) + (head.keep_alive ? " keep" : "");
      for (const Field& field : fields) {
        text += '\n' + std::string(field.name) + ':' + std::string(field.value);
      }
      return text;
    }
    if (size == bytes.size()) return "more";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  ofn::wire::Limits limits;
  limits.head_bytes = 2048;  // short inputs can exceed it
  limits.head_fields = 16;
  limits.target_bytes = std::size_t{16} + data[0];  // so that targets end near the limit
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = outcome(limits, bytes, bytes.size() + 1);
  OFN_CHECK(outcome(limits, bytes, 1) == whole);
  OFN_CHECK(outcome(limits, bytes, data[0] + std::size_t{2}) == whole);
  return 0;
}
