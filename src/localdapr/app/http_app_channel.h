// An app that implements Dapr's callbacks over HTTP.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "localdapr/app/app_channel.h"
#include "localdapr/executor.h"
#include "loop/loop.h"
#include "wire/blocking/http_client.h"
#include "wire/endpoint.h"

namespace ofn::localdapr {

// The routes by the names of input bindings.
using InputRoutes = std::map<std::string, std::string, std::less<>>;

// Gets the topics by GET /dapr/subscribe. Asks by OPTIONS at a binding's route (or its name)
// whether the app uses it. Delivers by POST. Each request carries APP_API_TOKEN as dapr-api-token
// and the trace as traceparent.
//
// Answers mean the same as to daprd. For a topic, 2xx is success, unless the body says RETRY or
// DROP; 404 drops the message, because it can never be processed; after any other answer, or none,
// the message may come again. For a binding, 2xx is success, and the body is ignored.
// Lifetime: `loop` outlives it; tasks that `run` is running may outlive it.
// Cost: a thread of `run` for each running call, and a connection for each delivery.
class HttpAppChannel final : public AppChannel {
 public:
  // `routes`: the path of each input binding that has the property `route`, at any time. It outlives this object.
  HttpAppChannel(Loop& loop, std::unique_ptr<wire::blocking::HttpClient> client,
                 const wire::Endpoint& app, std::string api_token, Executor run,
                 const InputRoutes& routes);

  void list_subscriptions(Listed<std::vector<dapr::Subscription>> done) override;
  void list_inputs(const std::vector<std::string>& offered,
                   Listed<std::vector<std::string>> done) override;
  bool hands_envelopes() const override { return true; }
  void deliver(const dapr::BindingEvent& event, Answered done) override;
  void deliver(const TopicMessage& message, Answered done) override;

 private:
  struct Request {
    std::string method;
    std::string path;  // begins with the slash; encoded
    std::vector<Header> headers = {};
    std::string body = {};
    Deadline deadline = Deadline::never();
  };
  using Replied = std::move_only_function<void(Result<wire::blocking::HttpReply>)>;
  void send(Request request, Replied done);
  // Returns nullopt if the binding's route cannot be written as a URL.
  std::optional<std::string> path_of(std::string_view binding) const;
  void refuse_route(std::string_view route, Answered done);
  void ask_for(std::vector<std::string> offered, std::vector<std::string> wanted,
               Listed<std::vector<std::string>> done);

  Loop& loop_;
  std::shared_ptr<wire::blocking::HttpClient> client_;
  std::string url_;
  std::string api_token_;
  Executor run_;
  const InputRoutes& routes_;
};

}  // namespace ofn::localdapr
