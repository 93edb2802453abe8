#include "localdapr/http/http_binding.h"

#include <algorithm>
#include <array>
#include <utility>

#include "localdapr/go/go_text.h"
#include "localdapr/http/http_fields.h"

namespace ofn::localdapr {
namespace {

// In daprd's order. "create" is an older name of "post".
constexpr std::array<std::string_view, 9> kOperations = {
    "create", "get", "head", "post", "put", "patch", "delete", "options", "trace"};
constexpr std::string_view kJson = "application/json; charset=utf-8";
constexpr int kMaxRedirects = 10;

bool is_letter(char c, char first, char last) { return c >= first && c <= last; }

// Writes the name of a field as Go does: "x-request-id" → "X-Request-Id".
std::string canonical_name(std::string_view name) {
  std::string result(name);
  bool upper = true;
  for (char& c : result) {
    if (upper && is_letter(c, 'a', 'z')) c = static_cast<char>(c - 'a' + 'A');
    if (!upper && is_letter(c, 'A', 'Z')) c = static_cast<char>(c - 'A' + 'a');
    upper = c == '-';
  }
  return result;
}

void set(std::vector<Header>& headers, std::string_view name, std::string_view value) {
  for (Header& header : headers) {
    if (same_field_name(header.name, name)) {
      header.value = value;
      return;
    }
  }
  headers.push_back({canonical_name(name), std::string(value)});
}

void remove(std::vector<Header>& headers, std::string_view name) {
  std::erase_if(headers,
                [name](const Header& header) { return same_field_name(header.name, name); });
}

// Returns the beginning of a URL up to the port: "http://host:80".
std::string_view origin(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// Percent-encodes the characters that a URL may not contain. Encoded characters stay unchanged.
std::string escape_url(std::string_view url) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || std::string_view("\"<>\\^`{|}").contains(c)) {
      escaped.append({'%', kHex[byte >> 4], kHex[byte & 0xf]});
    } else {
      escaped.push_back(c);
    }
  }
  return escaped;
}

// The HTTP status has no gRPC code of its own: as in daprd, all failures are INTERNAL.
std::unexpected<Error> failure(std::string message) {
  return fail(Code::kInternal, std::move(message));
}

SidecarReply to_reply(wire::blocking::HttpReply&& reply) {
  SidecarReply result;
  result.data = std::move(reply.body);
  result.metadata = {{"statusCode", std::to_string(reply.status)},
                     {"status", std::move(reply.status_line)}};
  for (const Header& header : reply.headers) {
    const std::string name = canonical_name(header.name);
    if (name == "Transfer-Encoding" || name == "Trailer") continue;
    const auto same = std::ranges::find(result.metadata, name, &Header::name);
    if (same == result.metadata.end()) {
      result.metadata.push_back({name, header.value});
    } else {
      same->value.append(", ").append(header.value);
    }
  }
  return result;
}

std::string method_of(std::string_view operation) {
  if (operation == "create") return "POST";
  std::string method(operation);
  for (char& c : method) c = static_cast<char>(c - 'a' + 'A');
  return method;
}

}  // namespace

Result<std::unique_ptr<BlockingBinding>> HttpBinding::create(const Component& component,
                                                             const MakeHttpClient& make_client,
                                                             const Clock& clock) {
  std::unique_ptr<HttpBinding> binding(new HttpBinding(component, clock));
  const auto property = [&component](std::string_view name) {
    return std::string(component.property(name).value_or(""));
  };
  wire::blocking::HttpClientOptions options{.needed_by = "bindings.http",
                                            .root_ca = property("mtlsRootCA"),
                                            .client_certificate = property("mtlsClientCert"),
                                            .client_key = property("mtlsClientKey")};
  if (const std::string timeout = property("responseTimeout"); !timeout.empty()) {
    binding->response_timeout_ = go_duration(timeout);
    if (!binding->response_timeout_) {
      return fail(Code::kInvalidArgument,
                  "responseTimeout is '" + timeout + "'; expected a duration such as 10s");
    }
  }
  if (const std::string size = property("maxResponseBodySize"); !size.empty()) {
    const auto bytes = byte_size(size);
    if (!bytes) {
      return fail(Code::kInvalidArgument,
                  "maxResponseBodySize is '" + size + "'; expected a size such as 10Mi");
    }
    options.max_body = *bytes;
  }
  if (const std::string renegotiation = property("mtlsRenegotiation");
      !renegotiation.empty() && renegotiation != "RenegotiateNever") {
    return fail(
        Code::kInvalidArgument,
        "mtlsRenegotiation is '" + renegotiation +
            "'; the local sidecar has RenegotiateNever only; run Dapr and set DAPR_GRPC_PORT");
  }
  auto client = make_client(options);
  if (!client) return std::unexpected(std::move(client.error()));
  binding->client_ = *std::move(client);
  return binding;
}

std::span<const std::string_view> HttpBinding::operations() const { return kOperations; }

std::string HttpBinding::target_url(const dapr::BindingRequest& request) const {
  std::string url(component_.property("url").value_or(""));
  if (std::string_view path = metadata_value(request, "path"); !path.empty()) {
    while (url.ends_with('/')) url.pop_back();
    while (path.starts_with('/')) path.remove_prefix(1);
    url.append("/").append(path);
  }
  return escape_url(url);
}

Result<std::vector<Header>> HttpBinding::request_headers(const dapr::BindingRequest& request,
                                                         wire::blocking::Body body) const {
  std::vector<Header> headers;
  set(headers, "Accept", kJson);
  if (body == wire::blocking::Body::kSent) set(headers, "Content-Type", kJson);
  const auto token = component_.property("securityToken");
  const auto token_header = component_.property("securityTokenHeader");
  if (token && token_header) set(headers, *token_header, *token);
  for (const Header& entry : request.metadata) {
    if (entry.name.empty() || !is_letter(entry.name.front(), 'A', 'Z')) continue;
    if (!is_framing_field(entry.name)) set(headers, entry.name, entry.value);
  }
  for (std::string_view name : {"traceparent", "tracestate", "baggage"}) {
    if (const auto value = metadata_value(request, name); !value.empty()) set(headers, name, value);
  }
  for (const Header& header : headers) {
    if (!is_field_name(header.name))
      return failure("invalid header field name \"" + header.name + "\"");
    if (!is_field_value(header.value)) {
      return failure("invalid header field value for \"" + header.name + "\"");
    }
  }
  return headers;
}

// As in Go's client, a 301, 302 or 303 turns every method except HEAD into GET, and a 307 or 308
// repeats the request.
Result<wire::blocking::HttpReply> HttpBinding::follow(wire::blocking::HttpCall call) const {
  for (int redirects = 0;; ++redirects) {
    auto reply = client_->send(call);
    if (!reply) return reply;
    const int status = reply->status;
    const bool as_get = status == 301 || status == 302 || status == 303;
    if ((!as_get && status != 307 && status != 308) || reply->redirect_url.empty()) return reply;
    if (redirects == kMaxRedirects) return failure("stopped after 10 redirects");
    if (as_get) {
      if (call.method != "HEAD") call.method = "GET";
      call.has_body = wire::blocking::Body::kNone;
      remove(call.headers, "Content-Type");
    }
    if (origin(call.url) != origin(reply->redirect_url)) {
      for (std::string_view secret : {"Authorization", "Cookie", "Www-Authenticate"}) {
        remove(call.headers, secret);
      }
      if (const auto name = component_.property("securityTokenHeader")) remove(call.headers, *name);
    }
    call.url = std::move(reply->redirect_url);
  }
}

Result<SidecarReply> HttpBinding::invoke(const dapr::BindingRequest& request, Deadline deadline) {
  wire::blocking::HttpCall call;
  const std::string method = method_of(request.operation);
  call.method = method;
  call.url = target_url(request);
  call.deadline = deadline;
  if (response_timeout_) {
    call.deadline = earlier(call.deadline, Deadline::in(*response_timeout_, clock_));
  }
  if (method == "POST" || method == "PUT" || method == "PATCH") {
    call.has_body = wire::blocking::Body::kSent;
    call.body = request.data;
  }
  auto headers = request_headers(request, call.has_body);
  if (!headers) return std::unexpected(std::move(headers.error()));
  call.headers = *std::move(headers);

  const std::string url = call.url;
  auto reply = follow(std::move(call));
  if (!reply) {
    // Go's form of the message: Get "http://…": why.
    std::string verb = canonical_name(method);
    return failure(verb + " \"" + url + "\": " + reply.error().message());
  }
  std::string_view strict = metadata_value(request, "errorIfNot2XX");
  if (strict.empty()) strict = component_.property("errorIfNot2XX").value_or("true");
  const int status = reply->status;
  SidecarReply answer = to_reply(*std::move(reply));
  if (is_truthy(strict) && status / 100 != 2) {
    // As in daprd, the error carries the metadata of the response.
    return fail(Code::kInternal, "received status code " + std::to_string(status),
                dapr::as_context(answer.metadata));
  }
  return answer;
}

}  // namespace ofn::localdapr
