#include "typed/limits.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "typed/expected.h"
#include "typed/pattern.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Limits;
using abi::Type;
using Excess = std::optional<std::string>;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Returns "1 to 40 characters", "at least 1 item".
std::string length_text(const Limits& limits, std::string_view unit) {
  constexpr auto kNone = std::numeric_limits<std::size_t>::max();
  if (limits.shortest == limits.longest) return many(limits.longest, unit);
  if (limits.longest == kNone) return "at least " + many(limits.shortest, unit);
  if (limits.shortest == 0) return "at most " + many(limits.longest, unit);
  return number_text(limits.shortest) + " to " + many(limits.longest, unit);
}

// Returns "from 1 to 100", "at least 1".
std::string range_text(const Limits& limits, const std::string& least, const std::string& most) {
  if (!limits.has_most) return "at least " + least;
  if (!limits.has_least) return "at most " + most;
  return "from " + least + " to " + most;
}

Excess beyond_range(const Type& type, std::uint64_t bits, const Limits& limits) {
  const bool is_signed = type.min < 0;
  const auto less = [is_signed](std::uint64_t a, std::uint64_t b) {
    return is_signed ? static_cast<std::int64_t>(a) < static_cast<std::int64_t>(b) : a < b;
  };
  const auto shown = [is_signed](std::uint64_t number) {
    return is_signed ? number_text(static_cast<std::int64_t>(number)) : number_text(number);
  };
  const auto least = static_cast<std::uint64_t>(limits.least);
  const auto most = static_cast<std::uint64_t>(limits.most);
  const bool is_below = limits.has_least && less(bits, least);
  const bool is_above = limits.has_most && less(most, bits);
  if (!is_below && !is_above) return std::nullopt;
  return "expected an integer " + range_text(limits, shown(least), shown(most)) +
         ", found the number " + shown(bits);
}

Excess beyond_range(double real, const Limits& limits) {
  const bool is_below = limits.has_least && real < limits.least_real;
  const bool is_above = limits.has_most && real > limits.most_real;
  if (!is_below && !is_above) return std::nullopt;
  return "expected a number " +
         range_text(limits, number_text(limits.least_real), number_text(limits.most_real)) +
         ", found the number " + number_text(real);
}

Excess beyond_length(std::string_view what, std::string_view unit, std::size_t length,
                     const Limits& limits) {
  if (length >= limits.shortest && length <= limits.longest) return std::nullopt;
  return "expected " + std::string(what) + " of " + length_text(limits, unit) + ", found " +
         number_text(length);
}

Excess beyond_pattern(std::string_view text, const Limits& limits) {
  if (limits.pattern == nullptr) return std::nullopt;
  const PatternMatch found = match(*limits.pattern, text);
  if (found == PatternMatch::kYes) return std::nullopt;
  std::string problem = "expected a string that matches " + std::string(limits.pattern->text);
  if (found == PatternMatch::kTooDear) problem += ", found one that takes too long to compare";
  return problem;
}

std::size_t elements_of(const Type& type, const void* object) {
  std::size_t count = 0;
  type.each(object, &count,
            [](void* seen, std::string_view, const void*) { ++*static_cast<std::size_t*>(seen); });
  return count;
}

// The value of an optional, or of the type that stands for another.
Excess beyond_limits_inside(const Type& type, const void* object, const Limits& limits) {
  struct Inside {
    const Type& type;
    const Limits& limits;
    Excess excess{};
  } inside{type.element(), limits};
  type.each(object, &inside, [](void* of, std::string_view, const void* element) {
    auto& [inner, its_limits, excess] = *static_cast<Inside*>(of);
    excess = beyond_limits(inner, element, its_limits);
  });
  return inside.excess;
}

}  // namespace

Excess beyond_limits(const Type& type, const void* object, const Limits& limits) {
  switch (type.kind) {
    case Kind::kOptional:
    case Kind::kThrough:
      return beyond_limits_inside(type, object, limits);
    case Kind::kInteger:
      return beyond_range(type, type.get(object).integer, limits);
    case Kind::kReal:
      return beyond_range(type.get(object).real, limits);
    case Kind::kText: {
      const std::string_view text = type.get(object).text;
      if (auto excess = beyond_length("a string", "character", characters(text), limits))
        return excess;
      return beyond_pattern(text, limits);
    }
    case Kind::kMap:
      return beyond_length("an object", "member", elements_of(type, object), limits);
    default:
      return beyond_length("an array", "item", elements_of(type, object), limits);
  }
}

}  // namespace ofn
