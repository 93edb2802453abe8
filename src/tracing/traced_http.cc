#include "tracing/traced_http.h"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/span_context.h"
#include "invocation/conventions.h"
#include "otlp/protobuf_writer.h"
#include "tracing/span.h"

namespace ofn::tracing {

namespace {

struct Server {
  std::string_view host;
  std::int64_t port = 0;
};

// Returns what a URL says of its server; an empty host if it does not say it. A user, a password, the path and the query may be
// secrets.
Server server_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  Server server{.host = {}, .port = url.starts_with("https") ? 443 : 80};
  std::string_view rest = url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t user = rest.rfind('@'); user != std::string_view::npos)
    rest.remove_prefix(user + 1);
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), server.port);
    rest = rest.substr(0, colon);
  }
  server.host = rest;
  return server;
}

}  // namespace

// The span ends with its request, also if that is given up.
class TracedHttp::Open final : public UnderWay {
 public:
  Open(TracedHttp& traced, const HttpCall& call, const HttpPortOptions& options,
       const SpanContext& parent)
      : traced_(traced), own_(parent), parent_(parent.span_id), tracestate_(options.tracestate) {
    own_.span_id = make_span_id(traced.loop_.random());
    method_ = http_method_name(http_method_of(call.method()));
    const Server server = server_of(call.url());
    host_ = server.host;
    port_ = server.port;
    began_ = traced.loop_.clock().now();
  }
  ~Open() override {
    if (is_open_) end(0, "cancelled");
  }

  const SpanContext& own() const { return own_; }
  void end(int status, std::string_view error) {
    is_open_ = false;
    const SystemTime ended = traced_.loop_.system_now();
    const Duration took = traced_.loop_.now() - began_;
    traced_.batch_.add({.own = own_,
                        .parent = parent_,
                        .tracestate = tracestate_,
                        .name = method_,
                        .kind = SpanKind::kClient,
                        .began = ended - std::chrono::duration_cast<SystemTime::duration>(took),
                        .ended = ended},
                       traced_.rules_.limits, [&](SpanFields& fields) {
                         fields.attribute("http.request.method", method_);
                         fields.attribute_if_any("server.address", host_);
                         if (port_ != 0) fields.attribute("server.port", port_);
                         if (status != 0)
                           fields.attribute("http.response.status_code",
                                            static_cast<std::int64_t>(status));
                         if (status == 0) {
                           fields.failed();
                           fields.attribute("error.type", error);
                         } else if (status >= 400) {
                           fields.failed();
                           fields.attribute("error.type", std::string_view(std::to_string(status)));
                         }
                       });
  }

  std::unique_ptr<UnderWay> request;

 private:
  TracedHttp& traced_;
  SpanContext own_;
  SpanId parent_;
  std::string tracestate_;
  std::string_view method_;
  std::string host_;
  std::int64_t port_ = 0;
  SteadyTime began_{};
  bool is_open_ = true;
};

Result<std::unique_ptr<HttpPort::UnderWay>> TracedHttp::send(const HttpCall& call,
                                                             const HttpPortOptions& options,
                                                             Done done) {
  HttpPortOptions own = options;
  if (rules_.propagation.is_off()) own.traceparent = own.tracestate = {};
  const auto parent = SpanContext::parse(options.traceparent);
  if (!parent || !parent->sampled()) return next_.send(call, own, std::move(done));

  auto open = std::make_unique<Open>(*this, call, options, *parent);
  const auto traceparent = open->own().traceparent();
  if (!rules_.propagation.is_off()) own.traceparent = {traceparent.data(), traceparent.size()};
  auto begun = next_.send(
      call, own, [open = open.get(), done = std::move(done)](Result<HttpReply> reply) mutable {
        if (reply) {
          open->end(reply->status, {});
        } else {
          open->end(0, code_name(reply.error().code()));
        }
        done(std::move(reply));  // may destroy the span's object
      });
  if (!begun) {
    open->end(0, code_name(begun.error().code()));
    return begun;
  }
  open->request = *std::move(begun);
  return open;
}

}  // namespace ofn::tracing
