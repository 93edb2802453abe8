#include "embedded/bundle.h"

#include <charconv>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "gzip/gzip.h"

namespace ofn::embedded {

std::vector<EmbeddedFile> files_of(std::string_view bytes) {
  constexpr std::size_t kMost = 16 << 20;
  const auto text = decompress("gzip", bytes, kMost);
  OFN_CHECK(text.has_value());
  std::vector<EmbeddedFile> files;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    OFN_CHECK(end != std::string_view::npos);
    const std::string_view head = rest.substr(0, end);
    const std::size_t blank = head.rfind(' ');
    OFN_CHECK(blank != std::string_view::npos);
    std::size_t size = 0;
    std::from_chars(head.data() + blank + 1, head.data() + head.size(), size);
    rest.remove_prefix(end + 1);
    OFN_CHECK(size <= rest.size());
    files.push_back({std::string(head.substr(0, blank)), std::string(rest.substr(0, size))});
    rest.remove_prefix(size);
  }
  return files;
}

}  // namespace ofn::embedded
