// Which of the last calls somebody wants to see.
//
//   auto filter = CallFilter::parse("failed=true&path=/orders");
//   if (!filter) return complain(filter.error().message());
//   if (filter->wants(call)) say(call.path);
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "dev/event.h"

namespace ofn::dev {

// A value. All conditions must hold.
struct CallFilter {
  std::string status{};    // "404", or "4xx"
  std::string function{};  // its name
  std::string path{};      // what the path begins with
  std::string kind{};      // "request", "topic", …
  std::optional<unsigned> build{};
  bool only_failed =
      false;  // the function threw, was answered 5xx, an output failed, or a delivery was not taken
  bool has_probes = false;  // probes, too
  std::size_t limit = 100;  // the newest
  bool follows = false;     // and those that are to come

  // Reads a filter from a request's query. Errors: kInvalidArgument for an unknown parameter, or for a value that it cannot have.
  static Result<CallFilter> parse(std::string_view query);
  // Does not count `limit`.
  bool wants(const CallEnded& call) const;
};

bool has_failed(const CallEnded& call);

// A query's parts: calls `each(name, value)`, both decoded, and stops if it returns false. Returns false then.
bool each_parameter(std::string_view query, const auto& each);

std::string percent_decoded(std::string_view text);
// One segment of a path, whichever bytes `text` has.
std::string percent_encoded(std::string_view text);

bool each_parameter(std::string_view query, const auto& each) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = parameter.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (!parameter.empty() &&
        !each(percent_decoded(parameter.substr(0, equals)), percent_decoded(value)))
      return false;
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
  }
  return true;
}

}  // namespace ofn::dev
