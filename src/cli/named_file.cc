#include "cli/named_file.h"

#include <utility>

#include "os/small_file.h"

namespace ofn::cli {

std::expected<std::string, Problem> read_named_file(const std::string& file, const Origin& origin) {
  auto text = os::read_small_file(file);
  if (text) return *std::move(text);
  constexpr std::size_t kLongestPath = 4096;
  return std::unexpected(
      Problem{.source = origin.name,
              .path = {},
              .expected = "a file that can be read",
              .found = quoted(file, kLongestPath) + " (" + text.error().message() + ")"});
}

}  // namespace ofn::cli
