#include "otlp/curl_destination.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "otlp/answers.h"
#include "otlp/grpc_destination.h"
#include "wire/blocking/curl_client.h"
#include "wire/grpc/codec.h"
#include "wire/grpc/compression.h"

namespace ofn::otlp {
namespace {

using wire::blocking::HttpCall;
using wire::blocking::HttpClient;
using wire::blocking::HttpReply;

constexpr std::int64_t kMaxAnswer = std::int64_t{64} * 1024;

std::string_view value_of(const HttpReply& reply, std::string_view name) {
  for (const Header& header : reply.headers) {
    if (same_field_name(header.name, name)) return header.value;
  }
  return {};
}

Answer read_reply(const HttpReply& reply) {
  return read_http({.status = reply.status,
                    .content_type = value_of(reply, "content-type"),
                    .retry_after = value_of(reply, "retry-after"),
                    .body = reply.body});
}

// Reads an answer of gRPC: its status is in the trailers, which come behind the headers.
Answer read_grpc_reply(const HttpReply& reply) {
  const std::string_view code = value_of(reply, "grpc-status");
  if (code.empty()) {
    return read_grpc(
        {.code = wire::grpc::code_of_http_status(reply.status),
         .message = "HTTP status " + std::to_string(reply.status) + " without a gRPC status"},
        "");
  }
  wire::grpc::Status status{.code = wire::grpc::parse_code(code),
                            .message = wire::grpc::percent_decode(value_of(reply, "grpc-message"))};
  if (!status.ok()) {
    if (const auto details = wire::grpc::decode_binary(value_of(reply, "grpc-status-details-bin")))
      status.details = details->front();
    return read_grpc(status, "");
  }
  const auto message = wire::grpc::unframe(reply.body, {.max_size = kMaxAnswer});
  return message ? read_grpc(status, *message) : read_grpc(message.error(), "");
}

Answer send(HttpClient& client, const HttpCall& call, bool is_grpc) {
  const auto reply = client.send(call);
  if (reply) return is_grpc ? read_grpc_reply(*reply) : read_reply(*reply);
  // Time does not heal these.
  const bool is_final = reply.error().code() == Code::kInvalidArgument ||
                        reply.error().code() == Code::kFailedPrecondition;
  return {.verdict = is_final ? Verdict::kRefused : Verdict::kRetry,
          .text = reply.error().message()};
}

}  // namespace

Result<std::unique_ptr<Destination>> CurlDestination::make(Loop& loop, Signal signal,
                                                           const Target& target) {
  auto client = wire::blocking::make_curl_client({.needed_by = "an https:// endpoint",
                                                  .root_ca = target.certificate,
                                                  .client_certificate = target.client_certificate,
                                                  .client_key = target.client_key,
                                                  .max_body = kMaxAnswer},
                                                 loop.clock());
  if (!client) return std::unexpected(std::move(client.error()));
  return std::make_unique<CurlDestination>(loop, signal, target, *std::move(client));
}

CurlDestination::CurlDestination(Loop& loop, Signal signal, const Target& target,
                                 std::unique_ptr<HttpClient> client)
    : loop_(loop),
      messages_(signal, target),
      is_grpc_(target.protocol == Protocol::kGrpc),
      name_(target.url.text()),
      client_(std::move(client)),
      call_(loop) {
  Url url = target.url;
  if (is_grpc_) url.path = grpc_method(signal);
  url_ = url.text();
}

void CurlDestination::deliver(std::string_view message, Deadline deadline,
                              std::move_only_function<void(const Answer&)> done) {
  HttpCall call{
      .method = "POST",
      .url = url_,
      .headers = messages_.fields(),
      .has_body = wire::blocking::Body::kSent,
      .deadline = deadline,
      .version = is_grpc_ ? wire::blocking::Version::kHttp2 : wire::blocking::Version::kHttp1,
      // A message that comes twice does less harm than a handshake for each.
      .repeat = wire::blocking::Repeat::kAlways};
  std::string body = messages_.body(message);
  call_.start(
      [client = client_, call = std::move(call), body = std::move(body),
       grpc = is_grpc_]() mutable {
        call.body = body;
        return send(*client, call, grpc);
      },
      std::move(done));
}

void CurlDestination::close(std::function<void()> closed) {
  call_.forget();
  closed_ = std::move(closed);
  loop_.run_soon(*this);
}

void CurlDestination::run_ready() {
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

}  // namespace ofn::otlp
