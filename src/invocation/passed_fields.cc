#include "invocation/passed_fields.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/request_id.h"
#include "base/span_context.h"

namespace ofn {

namespace {

void pass_on(std::vector<Header>& headers, std::string_view name, std::string_view value) {
  const bool is_there = std::ranges::any_of(
      headers, [&](const Header& each) { return same_field_name(each.name, name); });
  if (!value.empty() && !is_there) headers.push_back({std::string(name), std::string(value)});
}

}  // namespace

std::vector<Header> headers_of(const HttpCall& call, const HttpPortOptions& options) {
  std::vector<Header> headers = call.headers();
  pass_on(headers, RequestId::kName, options.request_id);
  // What came with the call is passed on unchanged, unless it breaks the rules.
  if (SpanContext::parse(options.traceparent)) {
    pass_on(headers, "traceparent", options.traceparent);
    pass_on(headers, "tracestate", options.tracestate);
  }
  pass_on(headers, "baggage", options.baggage);
  return headers;
}

}  // namespace ofn
