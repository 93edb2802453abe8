#include "tracing/request_attributes.h"

#include <charconv>
#include <system_error>

#include "invocation/conventions.h"
#include "tracing/call_facts.h"
#include "tracing/forwarded.h"

namespace ofn::tracing {
namespace {

// All of them. If the user allows fewer, each is counted for itself.
constexpr std::size_t kMost = 14;

void add_address(SpanFields& fields, std::string_view host) {
  if (host.empty()) return;
  std::string_view port;
  const std::size_t colon = host.rfind(':');
  const bool is_bare_v6 = host.find(':') != colon && host.front() != '[';
  if (colon != std::string_view::npos && !is_bare_v6 && host.back() != ']') {
    port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  fields.attribute("server.address", host);
  std::int64_t number = 0;
  if (!port.empty() &&
      std::from_chars(port.data(), port.data() + port.size(), number).ec == std::errc())
    fields.attribute("server.port", number);
}

}  // namespace

RequestAttributes::Client RequestAttributes::client_of(const CallStart& start) {
  Client client{};
  std::string_view forwarded, forwarded_by_list;
  for (const Field& field : start.fields) {
    switch (field.name.size()) {  // nearly all other fields cost only this
      case std::string_view("host").size():
        if (same_field_name(field.name, "host")) client.host = field.value;
        break;
      case std::string_view("forwarded").size():
        if (same_field_name(field.name, "forwarded")) forwarded = forwarded_host(field.value);
        break;
      case std::string_view("user-agent").size():
        if (same_field_name(field.name, "user-agent")) client.agent = field.value;
        break;
      case std::string_view("x-forwarded-host").size():
        if (same_field_name(field.name, "x-forwarded-host"))
          forwarded_by_list = first_host(field.value);
        break;
      default:
        break;
    }
  }
  // OpenTelemetry's order: the name by which the client knows the server comes first.
  if (!forwarded_by_list.empty()) client.host = forwarded_by_list;
  if (!forwarded.empty()) client.host = forwarded;
  return client;
}

void RequestAttributes::add_before_path(SpanFields& fields, const CallStart& start) {
  fields.attribute("http.request.method", http_method_name(start.known_method));
  if (start.known_method == HttpMethod::kOther)
    fields.attribute("http.request.method_original", start.method);
}

void RequestAttributes::add_behind_path(SpanFields& fields, const CallRecord& record,
                                        const Client& client, bool is_first) {
  const CallStart& start = record.start;
  fields.attribute("url.scheme", "http");
  fields.attribute_if_any("http.route", start.route);
  if (record.outcome.status != 0)
    fields.attribute("http.response.status_code", std::int64_t{record.outcome.status});
  fields.attribute_if_any("network.protocol.version", http_version_name(start.version));
  add_address(fields, client.host);
  fields.attribute_if_any("user_agent.original", client.agent);
  if (start.function == nullptr) return;
  fields.attribute("faas.name", std::string_view(start.function->name));
  fields.attribute("faas.trigger", trigger_of(CallKind::kRequest, {}));
  fields.attribute("faas.coldstart", is_first);
}

bool RequestAttributes::is_kept(const CallRecord& record, const Client& client,
                                bool is_first) const {
  const CallStart& start = record.start;
  return is_any_kept_ && function_ == start.function && route_.data() == start.route.data() &&
         status_ == record.outcome.status && version_ == start.version && is_first_ == is_first &&
         method_ == start.method && host_ == client.host && agent_ == client.agent;
}

void RequestAttributes::keep(const CallRecord& record, const Client& client, bool is_first) {
  const CallStart& start = record.start;
  function_ = start.function;
  route_ = start.route;
  method_ = start.method;
  host_ = client.host;
  agent_ = client.agent;
  status_ = record.outcome.status;
  version_ = start.version;
  is_first_ = is_first;
  is_any_kept_ = true;
  const auto encode = [this](std::string& bytes, auto add_to) {
    bytes.clear();
    otlp::ProtobufWriter out(bytes);
    SpanFields fields(out, limits_);
    add_to(fields);
    return fields.attributes();
  };
  before_ = encode(before_path_, [&](SpanFields& fields) { add_before_path(fields, start); });
  behind_ = encode(behind_path_,
                   [&](SpanFields& fields) { add_behind_path(fields, record, client, is_first); });
}

void RequestAttributes::add(SpanFields& fields, const CallRecord& record, bool is_first) {
  const Client client = client_of(record.start);
  const std::string_view path = path_of(record.start.target);
  if (limits_.attributes < kMost) {
    add_before_path(fields, record.start);
    fields.attribute("url.path", path);
    return add_behind_path(fields, record, client, is_first);
  }
  if (!is_kept(record, client, is_first)) keep(record, client, is_first);
  fields.encoded_attributes(before_path_, before_);
  fields.attribute("url.path", path);
  fields.encoded_attributes(behind_path_, behind_);
}

}  // namespace ofn::tracing
