// A collector over gRPC without TLS (h2c).
//
//   GrpcDestination destination(loop, connector, Signal::kTraces, settings.traces.target);
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "otlp/destination.h"
#include "otlp/settings.h"
#include "wire/grpc/channel.h"

namespace ofn::otlp {

// The path of the signal's method: "/opentelemetry.proto.collector.trace.v1.TraceService/Export".
std::string_view grpc_method(Signal signal);

// Cost: one connection, from the first message on.
class GrpcDestination final : public Destination {
 public:
  GrpcDestination(Loop& loop, wire::grpc::Connector connector, Signal signal, const Target& target);

  std::size_t concurrency() const override { return 4; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const Answer&)> done) override;
  void close(std::function<void()> closed) override;
  std::string_view name() const override { return name_; }

 private:
  wire::grpc::Channel channel_;
  std::string_view method_;
  std::vector<Header> headers_;
  bool is_compressed_;
  std::string name_;
  bool closing_ = false;
};

}  // namespace ofn::otlp
