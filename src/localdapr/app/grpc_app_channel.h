// An app that implements Dapr's callbacks over gRPC.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "localdapr/app/app_channel.h"
#include "loop/loop.h"
#include "wire/endpoint.h"
#include "wire/grpc/channel.h"

namespace ofn::localdapr {

// Each call carries APP_API_TOKEN as dapr-api-token if there is one, and the trace as
// grpc-trace-bin. Lifetime: as wire::grpc::Channel, but it needs no close() if its loop no longer
// runs.
class GrpcAppChannel final : public AppChannel {
 public:
  // `limits` outlives it.
  GrpcAppChannel(Loop& loop, const wire::Endpoint& app, const wire::Limits& limits,
                 std::string api_token);

  void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) override;
  void list_inputs(const std::vector<std::string>& offered,
                   Listed<std::vector<std::string>> done) override;
  bool hands_envelopes() const override { return false; }
  void deliver(const dapr::BindingEvent& event, Answered done) override;
  void deliver(const TopicMessage& message, Answered done) override;

 private:
  void call(std::string_view path, const Result<std::string>& request, Deadline deadline,
            std::string_view traceparent, wire::grpc::CallDone done,
            std::span<const Header> metadata = {});
  template <class T>
  void list(std::string_view path, Result<T> (*decode)(std::string_view), Listed<T> done);

  Loop& loop_;
  std::string api_token_;
  wire::grpc::Channel channel_;
};

}  // namespace ofn::localdapr
