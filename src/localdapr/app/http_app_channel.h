// An app that speaks Dapr's callbacks over HTTP.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "localdapr/app/app_channel.h"
#include "localdapr/executor.h"
#include "localdapr/http/http_client.h"
#include "loop/loop.h"
#include "wire/endpoint.h"

namespace ofn::localdapr {

// By the name of an input binding.
using InputRoutes = std::map<std::string, std::string, std::less<>>;

// Asks with GET /dapr/subscribe for topics, and with OPTIONS at a binding's route (or its name) whether the app wants it.
// Delivers with POST. APP_API_TOKEN goes along as dapr-api-token, the trace as traceparent.
//
// Answers mean what they mean to daprd. For a topic, 2xx is success, unless its body says RETRY or DROP; 404 drops the message,
// because it can never be processed; any other answer, or none, may have it come again. For a binding, 2xx is success, and the
// answer's body asks for nothing.
// Lifetime: `loop` outlives it; tasks that `run` still runs may outlive it.
// Cost: a thread of `run` for each call that is under way, and a connection for each delivery.
class HttpAppChannel final : public AppChannel {
 public:
  // `routes`: the path of each input binding that has one of its own (its property `route`).
  HttpAppChannel(Loop& loop, std::unique_ptr<HttpClient> client, const wire::Endpoint& app,
                 std::string api_token, Executor run, InputRoutes routes = {});

  void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) override;
  void list_inputs(const std::vector<std::string>& offered,
                   Listed<std::vector<std::string>> done) override;
  bool hands_envelopes() const override { return true; }
  void deliver(const dapr::BindingEvent& event, Answered done) override;
  void deliver(const TopicMessage& message, Answered done) override;

 private:
  struct Request {
    std::string method;
    std::string path;  // from its slash on, encoded
    std::vector<Header> headers = {};
    std::string body = {};
    Deadline deadline = Deadline::never();
  };
  using Replied = std::move_only_function<void(Result<HttpReply>)>;
  void send(Request request, Replied done);
  // nullopt if the binding's route cannot be written as a URL.
  std::optional<std::string> path_of(std::string_view binding) const;
  void refuse_route(std::string_view route, Answered done);
  void ask_for(std::vector<std::string> offered, std::vector<std::string> wanted,
               Listed<std::vector<std::string>> done);

  Loop& loop_;
  std::shared_ptr<HttpClient> client_;
  std::string url_;
  std::string api_token_;
  Executor run_;
  InputRoutes routes_;
};

}  // namespace ofn::localdapr
