// Reads any text as JSON: with the scanner beside the JSON library, and into a type that has every kind of field.
//
// The scanner accepts what the library accepts. A value that was read is the same after it is written and read again.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include <ofn/typed.h>

#include "base/check.h"
#include "document/json.h"
#include "document/json_scanner.h"
#include "typed/reader.h"
#include "typed/writer.h"

namespace fuzzed {
namespace {

enum class Color { red, kGreen };  // NOLINT(readability-identifier-naming): JSON's words
OFN_ENUM(Color, red, (kGreen, "green"))
struct Circle {
  double radius = 0;
};
OFN_FIELDS(Circle, radius)
struct Square {
  float side = 0;
  std::optional<std::string> name;
};
OFN_FIELDS(Square, (side, ofn::max(1000)), (name, ofn::length(1, 5)))
using Shape = std::variant<Circle, Square>;
OFN_VARIANT(Shape, "kind", "circle", "square")

struct All {
  std::int64_t id = 0;
  Color color = Color::red;
  std::vector<Shape> shapes;
  std::map<std::string, ofn::RawJson> raw;
  std::set<std::uint8_t> set;
  std::vector<bool> bits;
  std::array<int, 2> two{};
  std::tuple<std::string, std::optional<bool>> pair;
  std::chrono::system_clock::time_point time;
  std::chrono::milliseconds duration{};
  std::vector<std::byte> bytes;
};
OFN_FIELDS(All, (id, ofn::as_text), color, shapes, raw, set, bits, two, pair, time, duration, bytes)

}  // namespace
}  // namespace fuzzed

template <>
// NOLINTNEXTLINE(readability-identifier-naming)
inline constexpr bool ofn::default_absent_fields<fuzzed::All> = true;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ofn;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);

  constexpr std::size_t kDepth = 64;
  document::JsonScanner scanner(text, kDepth);
  const bool is_json = scanner.skip() && scanner.finish();
  const auto judged = document::check_json(text, kDepth);
  // The library refuses numbers that a double cannot hold.
  const bool is_number_too_large =
      !judged && judged.error().message().find("out of range") != std::string::npos;
  if (!is_number_too_large) OFN_CHECK(is_json == judged.has_value());

  const abi::Type& type = internal::type_of<fuzzed::All>();
  fuzzed::All all;
  const JsonProblems problems = read_json(text, type, &all);
  OFN_CHECK(lines_of(problems).empty() == problems.empty());
  if (!problems.empty()) return 0;
  OFN_CHECK(is_json);
  std::string written;
  try {
    write_json(type, &all, written);
  } catch (const std::runtime_error&) {
    // A RawJson may hold a number that a double cannot hold.
    return 0;
  }
  fuzzed::All again;
  OFN_CHECK(read_json(written, type, &again).empty());
  std::string same;
  write_json(type, &again, same);
  OFN_CHECK(same == written);
  return 0;
}
