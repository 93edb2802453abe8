#include "otlp/make_destination.h"

#include "otlp/curl_destination.h"
#include "otlp/grpc_destination.h"
#include "otlp/http_destination.h"
#include "wire/grpc/link.h"
#include "wire/limits.h"

namespace ofn::otlp {
namespace {

constexpr wire::Limits kConnectionLimits;

}  // namespace

Result<std::unique_ptr<Destination>> make_destination(Loop& loop, Signal signal,
                                                      const Target& target) {
  if (target.url.tls) return CurlDestination::make(loop, signal, target);
  auto connector = wire::grpc::connector_to(loop, target.url.endpoint, kConnectionLimits);
  if (target.protocol == Protocol::kGrpc)
    return std::make_unique<GrpcDestination>(loop, std::move(connector), signal, target);
  return std::make_unique<HttpDestination>(loop, std::move(connector), signal, target);
}

}  // namespace ofn::otlp
