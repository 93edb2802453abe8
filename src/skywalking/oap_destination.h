// SkyWalking's server (OAP), to which segments go over gRPC without TLS (h2c).
//
//   OapDestination destination(loop, connector, settings);
//
// Spec: apache/skywalking-data-collect-protocol, language-agent/Tracing.proto (collectInSync), management/Management.proto
// (reportInstanceProperties).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "loop/loop.h"
#include "otlp/destination.h"
#include "skywalking/settings.h"
#include "wire/grpc/channel.h"

namespace ofn::skywalking {

// A message is a SegmentCollection. The first one tells the server the properties of this instance, too, and so do the next ones until
// the server has taken them. Nothing is sent while there are no segments: the server knows of an instance that it lives by its
// segments, and an idle program stays idle.
// Cost: one connection, from the first message on.
class OapDestination final : public otlp::Destination {
 public:
  OapDestination(Loop& loop, wire::grpc::Connector connector, const Settings& settings);

  std::size_t concurrency() const override { return 4; }
  void deliver(std::string_view message, Deadline deadline,
               std::move_only_function<void(const otlp::Answer&)> done) override;
  void close(std::function<void()> closed) override;
  std::string_view name() const override { return name_; }

 private:
  void report_instance(const wire::grpc::CallOptions& options);

  wire::grpc::Channel channel_;
  std::string authentication_;
  std::string instance_;  // encoded
  std::string name_;
  bool is_reporting_ = false;
  bool is_reported_ = false;
  bool closing_ = false;
};

// Returns the message InstanceProperties.
std::string encode_instance(const Settings& settings);
// Judges the server's answer, the message Commands.
otlp::Answer read_commands(const wire::grpc::Status& status, std::string_view message);

}  // namespace ofn::skywalking
