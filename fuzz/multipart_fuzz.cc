// Parses a body of multipart/form-data. The input's first byte says how the body is split; the text
// up to the first line feed is the boundary as the content type has it. What the parser says must be
// the same for every split, and what it keeps is bounded.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <ofn/multipart.h>

#include "base/check.h"

namespace {

using ofn::MultipartEvent;
using ofn::MultipartStep;

constexpr ofn::MultipartLimits kLimits{.parts = 4, .header_bytes = 128, .header_fields = 4};

// Everything that must not depend on the split, as text.
std::string outcome(std::string_view type, std::string_view body, std::size_t stride) {
  std::string text;
  try {
    ofn::MultipartParser parser(type, kLimits);
    std::size_t parts = 0;
    std::size_t bytes = 0;
    bool is_inside = false;
    for (std::size_t begin = 0; begin < body.size(); begin += stride) {
      const std::string_view piece = body.substr(begin, stride);
      // Each piece has a buffer of its own and of exactly its size, so that the sanitizer notices a
      // read beyond it, and one after its events have been taken.
      const auto buffer = std::make_unique<char[]>(piece.size());
      piece.copy(buffer.get(), piece.size());
      for (const MultipartEvent& event : parser.feed({buffer.get(), piece.size()})) {
        OFN_CHECK((event.part == nullptr) == (event.step == MultipartStep::kEnd));
        OFN_CHECK(event.data.empty() == (event.step != MultipartStep::kData));
        switch (event.step) {
          case MultipartStep::kPartBegins:
            OFN_CHECK(!is_inside && ++parts <= kLimits.parts);
            OFN_CHECK(event.part->headers.size() <= kLimits.header_fields);
            OFN_CHECK(event.part->name.size() <= kLimits.header_bytes);
            is_inside = true;
            text += "[" + std::string(event.part->name) + "|" +
                    std::string(event.part->filename.value_or("-")) + "|" +
                    std::string(event.part->content_type) + "|";
            break;
          case MultipartStep::kData:
            OFN_CHECK(is_inside);
            bytes += event.data.size();
            text += event.data;
            break;
          case MultipartStep::kPartEnds:
            OFN_CHECK(is_inside);
            is_inside = false;
            text += "]";
            break;
          case MultipartStep::kEnd:
            OFN_CHECK(!is_inside);
            text += ".";
        }
      }
    }
    OFN_CHECK(bytes <= body.size());
    parser.finish();
  } catch (const ofn::BadInput& error) {
    text += error.what();
  }
  return text;
}

std::string whole_form(std::string_view type, std::string_view body) {
  std::string text;
  try {
    for (const ofn::FormPart& part : ofn::Multipart::parse(type, body, kLimits)) {
      text += "[" + part.name + "|" + part.filename.value_or("-") + "|" + part.content_type + "|" +
              std::string(part.data) + "]";
      OFN_CHECK(part.data.empty() ||
                (part.data.data() >= body.data() &&
                 part.data.data() + part.data.size() <= body.data() + body.size()));
    }
    return text + ".";
  } catch (const ofn::BadInput&) {
    return {};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view boundary = input.substr(0, input.find('\n'));
  const std::string_view body = input.substr(std::min(boundary.size() + 1, input.size()));
  const std::string type = "multipart/form-data; boundary=" + std::string(boundary);
  const std::string whole = outcome(type, body, std::max<std::size_t>(body.size(), 1));
  OFN_CHECK(outcome(type, body, 1) == whole);
  OFN_CHECK(outcome(type, body, data[0] + std::size_t{2}) == whole);
  const std::string form = whole_form(type, body);
  OFN_CHECK(form.empty() || form == whole);
  return 0;
}
