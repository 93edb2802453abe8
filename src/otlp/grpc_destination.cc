#include "otlp/grpc_destination.h"

#include <utility>
#include <vector>

#include "gzip/gzip.h"
#include "otlp/answers.h"
#include "otlp/http_message.h"

namespace ofn::otlp {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} * 1024;

}  // namespace

std::string_view grpc_method(Signal signal) {
  return signal == Signal::kTraces
             ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
             : "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
}

GrpcDestination::GrpcDestination(Loop& loop, wire::grpc::Connector connector, Signal signal,
                                 const Target& target)
    : channel_(loop, std::move(connector),
               {.authority = target.url.endpoint.text(),
                .user_agent = user_agent(),
                .max_message = kMaxAnswer}),
      method_(grpc_method(signal)),
      headers_(target.headers),
      is_compressed_(target.compression == Compression::kGzip),
      name_(target.url.text()) {}

void GrpcDestination::deliver(std::string_view message, Deadline deadline,
                              std::move_only_function<void(const Answer&)> done) {
  std::vector<Field> metadata;
  for (const Header& header : headers_)
    metadata.push_back({.name = header.name, .value = header.value});
  const std::string compressed = is_compressed_ ? gzip(message) : std::string();
  channel_.call(method_, is_compressed_ ? std::string_view(compressed) : message,
                {.deadline = deadline,
                 .metadata = metadata,
                 .encoding = is_compressed_ ? std::string_view("gzip") : std::string_view()},
                [this, done = std::move(done)](const wire::grpc::CallResult& result) mutable {
                  if (!closing_) done(read_grpc(result.status, result.message));
                });
}

void GrpcDestination::close(std::function<void()> closed) {
  closing_ = true;
  channel_.close(std::move(closed));
}

}  // namespace ofn::otlp
