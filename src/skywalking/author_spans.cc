#include "skywalking/author_spans.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <iterator>
#include <string>
#include <string_view>
#include <variant>

namespace ofn::skywalking {
namespace {

// The tags that the framework gives spans of calls.
constexpr std::array<std::string_view, 5> kOwnTags = {"component.type", "http.method", "runtime",
                                                      "status_code", "url"};

std::string text_of(const RecordedAttribute& attribute) {
  return std::visit(
      []<class Value>(const Value& value) -> std::string {
        if constexpr (std::same_as<Value, std::string>) {
          return value;
        } else if constexpr (std::same_as<Value, bool>) {
          return value ? "true" : "false";
        } else {
          std::array<char, 32> digits{};
          return {digits.data(), std::to_chars(digits.begin(), digits.end(), value).ptr};
        }
      },
      attribute.value);
}

}  // namespace

void add_tags(SpanFields& fields, const RecordedSpans* recorded) {
  if (recorded == nullptr) return;
  for (const RecordedAttribute& each : recorded->attributes) {
    const bool is_own = std::ranges::find(kOwnTags, each.name) != kOwnTags.end();
    fields.tag(is_own ? std::string(each.name) + '_' : std::string(each.name), text_of(each));
  }
  if (recorded->dropped > 0) fields.tag("ofn.dropped_spans", std::to_string(recorded->dropped));
}

void add_spans(SegmentWriter& out, const RecordedSpans& recorded, std::int32_t first,
               const tracing::CallTimes& times) {
  std::int32_t id = first;
  for (const RecordedSpan& each : recorded.spans) {
    const SpanHead head{.id = id++,
                        .parent = each.parent == RecordedSpan::kCall
                                      ? 0
                                      : first + static_cast<std::int32_t>(each.parent),
                        .began = times.at(each.began),
                        .ended = times.at(each.ended),
                        .operation = each.name,
                        .type = SpanType::kLocal,
                        .failed = each.has_failed};
    out.span(head, [&](SpanFields& fields) {
      for (const RecordedAttribute& attribute : each.attributes)
        fields.tag(attribute.name, text_of(attribute));
      if (!each.failure.empty()) fields.error(times.at(each.ended), "", each.failure, "");
    });
  }
}

}  // namespace ofn::skywalking
