// OpenTelemetry's names for what HTTP, Dapr and this program call by names of their own.
//
//   say(http_method_name(http_method_of("BREW")));  // _OTHER
//   say(messaging_system("pubsub.kafka"));          // kafka
//   say(database_system("state.postgresql"));       // postgresql
//
// Spec: semantic conventions 1.44, http, messaging, database and faas.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "invocation/inbound.h"

namespace ofn {

// The methods that the conventions know; kOther is every other method.
enum class HttpMethod : std::uint8_t {
  kOther,
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kConnect,
  kOptions,
  kTrace,
  kPatch,
};
inline constexpr std::size_t kHttpMethods = static_cast<std::size_t>(HttpMethod::kPatch) + 1;
HttpMethod rare_http_method_of(std::string_view method) noexcept;
// Methods are case-sensitive. Cost: a few instructions for GET.
inline HttpMethod http_method_of(std::string_view method) noexcept {
  return method == "GET" ? HttpMethod::kGet : rare_http_method_of(method);
}
std::string_view http_method_name(HttpMethod method) noexcept;  // "GET"; "_OTHER"

// Versions of HTTP; kNone: no request brought the call.
enum class HttpVersion : std::uint8_t { kNone, k10, k11, k2 };
std::string_view http_version_name(HttpVersion version) noexcept;  // "1.1"; of kNone an empty text
// `text` is such a name.
inline HttpVersion http_version_of(std::string_view text) noexcept {
  if (text.size() == 1) return HttpVersion::k2;
  if (text.size() != 3) return HttpVersion::kNone;
  return text[2] == '0' ? HttpVersion::k10 : HttpVersion::k11;
}

// Each returns a static text, or a part of the component's type if the conventions have no name for it; they allow that.
// `type` is the component's type, such as "bindings.rabbitmq"; empty gives "dapr".
std::string_view messaging_system(std::string_view type);
std::string_view database_system(std::string_view type);
// Returns true for a binding whose component is a queue or a topic: what is sent there is a message.
bool is_queue(std::string_view type);
// Returns faas.trigger: "http", "pubsub", "timer" or "other".
std::string_view trigger_of(CallKind kind, std::string_view component_type);

}  // namespace ofn
