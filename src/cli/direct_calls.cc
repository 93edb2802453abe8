#include "cli/direct_calls.h"

#include <array>
#include <optional>
#include <utility>

#include "cli/build_stamp.h"
#include "cli/call_contents.h"
#include "cli/sent_data.h"
#include "dapr/app_http.h"
#include "output/outputs.h"
#include "serving/front.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::cli {

namespace {

class NoSuchInput final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override {
    exchange->respond(Response("no input of the function has this name\n").status(404));
  }
};

}  // namespace

// All that captured calls share, or all that the others share.
class DirectCalls::Way {
 public:
  Way(Loop& loop, const Parts& parts, bool captures)
      : captured_(captures ? std::make_unique<Captured>(loop, parts) : nullptr),
        environment_(environment_of(parts, captured_.get())),
        requests_(parts.service, environment_),
        deliveries_(parts.async, environment_),
        callbacks_(deliveries_, {}),
        front_(
            {{.wants = [this](const wire::Message& message) { return callbacks_.wants(message); },
              .handler = callbacks_},
             {.wants = {}, .handler = none_}}),
        request_recorder_(requests_, reports_of(parts).contents()),
        delivery_recorder_(front_, reports_of(parts).contents()),
        request_stamp_(request_recorder_, parts.supervised.build()),
        delivery_stamp_(delivery_recorder_, parts.supervised.build()),
        request_sessions_(request_stamp_, parts.limits, parts.log, &parts.memory),
        delivery_sessions_(delivery_stamp_, parts.limits, parts.log, &parts.memory),
        request_server_(
            std::array{&loop}, [this](Loop&) { return request_sessions_.make(); }, parts.limits,
            parts.log, kMostConnections),
        delivery_server_(
            std::array{&loop}, [this](Loop&) { return delivery_sessions_.make(); }, parts.limits,
            parts.log, kMostConnections) {}
  Way(const Way&) = delete;
  Way& operator=(const Way&) = delete;

  void take(int fd, bool is_delivery) {
    (is_delivery ? delivery_server_ : request_server_).adopt(fd, {});
  }
  void drain(std::function<void()> done) {
    request_server_.drain(
        [this, done = std::move(done)]() mutable { delivery_server_.drain(std::move(done)); });
  }
  void stop_calls() {
    requests_.stop_calls();
    deliveries_.stop_calls();
  }

 private:
  // adopt() does not count it.
  static constexpr std::size_t kMostConnections = 1000;

  struct Captured {
    Captured(Loop& loop, const Parts& parts)
        : sidecar(loop, sent, nullptr),
          outputs(parts.environment.context, sidecar, loop, parts.log),
          reports(parts.supervised.channel(), parts.supervised.build(), parts.log,
                  parts.supervised.long_calls(), &sent, CallReports::Captures::kYes) {}
    SentData sent;
    RecordedSidecar sidecar;
    Outputs outputs;
    CallReports reports;
  };

  static CallEnvironment environment_of(const Parts& parts, Captured* captured) {
    const CallEnvironment& of = parts.environment;
    return {
        .loop = of.loop,
        .context = of.context,
        .outputs = captured != nullptr && of.outputs != nullptr ? &captured->outputs : of.outputs,
        .log = of.log,
        .detail = of.detail,
        .stores = of.stores,
        .hooks = of.hooks,
        .failures = of.failures,
        .calls = of.calls,
        .awaits = of.awaits,
        // Neither counted nor traced: to those who read metrics and traces, nothing was sent.
        .observer = captured != nullptr ? &captured->reports : of.observer,
        .max_held = of.max_held,
        .errors = of.errors,
        .middleware = of.middleware};
  }
  CallReports& reports_of(const Parts& parts) {
    return captured_ == nullptr ? parts.reports : captured_->reports;
  }

  std::unique_ptr<Captured> captured_;  // null: what is sent is sent
  CallEnvironment environment_;
  HttpService::OnLoop requests_;
  AsyncService::OnLoop deliveries_;
  dapr::AppHttp callbacks_;
  NoSuchInput none_;
  Front front_;
  CallRecorder request_recorder_;
  CallRecorder delivery_recorder_;
  BuildStamp request_stamp_;
  BuildStamp delivery_stamp_;
  wire::HttpSessions request_sessions_;
  wire::HttpSessions delivery_sessions_;
  wire::Server request_server_;
  wire::Server delivery_server_;
};

DirectCalls::DirectCalls(Loop& loop, const Parts& parts) : loop_(loop), parts_(parts) {}

DirectCalls::~DirectCalls() = default;

DirectCalls::Way& DirectCalls::way(bool captures) {
  std::unique_ptr<Way>& way = captures ? captured_ : sent_;
  if (way == nullptr) way = std::make_unique<Way>(loop_, parts_, captures);
  return *way;
}

void DirectCalls::take(int fd, dev::CallMode mode) {
  way(mode.captures).take(fd, mode.is_delivery);
}

void DirectCalls::drain(std::function<void()> done) {
  if (sent_ == nullptr && captured_ == nullptr) return done();
  if (sent_ == nullptr) return captured_->drain(std::move(done));
  sent_->drain([this, done = std::move(done)]() mutable {
    captured_ == nullptr ? done() : captured_->drain(std::move(done));
  });
}

void DirectCalls::stop_calls() {
  if (sent_ != nullptr) sent_->stop_calls();
  if (captured_ != nullptr) captured_->stop_calls();
}

}  // namespace ofn::cli
