#include "cli/author_http.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "invocation/passed_fields.h"
#include "wire/curl/library.h"

namespace ofn::cli {

namespace {

class Request final : public HttpPort::UnderWay {
 public:
  explicit Request(wire::curl::MultiClient::UnderWay of) : request_(std::move(of)) {}

 private:
  wire::curl::MultiClient::UnderWay request_;
};

HttpReply reply_of(wire::blocking::HttpReply reply) {
  return {
      .status = reply.status, .headers = std::move(reply.headers), .body = std::move(reply.body)};
}

}  // namespace

Result<std::unique_ptr<HttpPort::UnderWay>> AuthorHttp::send(const HttpCall& call,
                                                             const HttpPortOptions& options,
                                                             Done done) {
  if (client_ == nullptr) {
    auto curl = wire::curl::open_library("<ofn/http_client.h>");
    if (!curl) return std::unexpected(std::move(curl.error()));
    client_ = std::make_unique<wire::curl::MultiClient>(
        *curl, loop_, waits_, wire::blocking::HttpClientOptions{.account = &account_});
  }
  const SteadyTime now = loop_.now();
  const Deadline own =
      call.timeout() < SteadyTime::max() - now ? Deadline(now + call.timeout()) : Deadline::never();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  auto begun = client_->send(
      {.method = call.method(),
       .url = call.url(),
       .headers = headers_of(call, options),
       .has_body = call.body() ? wire::blocking::Body::kSent : wire::blocking::Body::kNone,
       .body = call.body() ? std::string_view(*call.body()) : std::string_view(),
       .deadline = earlier(own, options.deadline),
       .version = wire::blocking::Version::kHttp2,
       .max_body = static_cast<std::int64_t>(std::min<std::size_t>(call.max_answer(), kMost)),
       .larger = wire::blocking::Larger::kRefused,
       .redirects = call.redirects()},
      [done = std::move(done)](Result<wire::blocking::HttpReply> reply) mutable {
        if (reply) {
          done(reply_of(*std::move(reply)));
        } else {
          done(std::unexpected(std::move(reply.error())));
        }
      });
  if (!begun) return std::unexpected(std::move(begun.error()));
  return std::make_unique<Request>(*std::move(begun));
}

}  // namespace ofn::cli
