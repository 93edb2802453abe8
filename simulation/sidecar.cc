#include "simulation/sidecar.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "dapr/app_codec.h"
#include "simulation/instance.h"
#include "wire/grpc/link.h"

namespace ofn::simulation {

namespace {

constexpr unsigned kEntries = 3;  // of a bulk
constexpr std::chrono::seconds kDeliveryTimeout(15);
constexpr std::chrono::milliseconds kPause(300);  // before a delivery is repeated

std::string_view topic_of(Input input) {
  static constexpr std::string_view kTopics[] = {"tick", "topic", "ordered", "limited", "bulk"};
  return kTopics[static_cast<std::size_t>(input)];
}

}  // namespace

ModelSidecar::ModelSidecar(const Script& script, Kernel& kernel, Loop& loop, Ledger& ledger,
                           MakeCaller make_caller)
    : script_(script),
      kernel_(kernel),
      loop_(loop),
      ledger_(ledger),
      server_(*this),
      sessions_(server_, limits_, log_),
      make_caller_(std::move(make_caller)) {
  listen();
  app_ = std::make_unique<wire::grpc::Channel>(
      loop_, wire::grpc::connector_to(loop_, {"127.0.0.1", kPort, {}}, limits_),
      wire::grpc::ChannelOptions{.authority = "127.0.0.1:8080"});
  if (script.setting.by_http) ask_for_topics();
}

ModelSidecar::~ModelSidecar() = default;

void ModelSidecar::listen() {
  Loop* const loops[] = {&loop_};
  listening_.push_back(std::make_unique<wire::Server>(
      loops, [this](Loop&) { return sessions_.make(); }, limits_, log_, 100));
  OFN_CHECK(listening_.back()->listen({"127.0.0.1", kSidecarPort, {}}).has_value());
}

void ModelSidecar::later(Duration time, std::function<void()> act) {
  timers_.push_back(std::make_unique<Timer>(loop_, std::move(act)));
  timers_.back()->arm(kernel_.now() + time);
}

void ModelSidecar::refuse(Duration time) {
  kernel_.refuse(kSidecarPort, true);
  later(time, [this] { kernel_.refuse(kSidecarPort, false); });
}

void ModelSidecar::restart(Duration away) {
  if (std::exchange(is_away_, true)) return;
  listening_.back()->drain([] {});
  later(away, [this] {
    if (is_closed_) return;
    is_away_ = false;
    listen();
  });
}

void ModelSidecar::close() {
  is_closed_ = true;
  app_->close([] {});
  never_.clear();
  if (!is_away_) listening_.back()->drain([] {});
  for (const auto& caller : http_) caller->leave();
}

// --- What the instance sends ---------------------------------------------------------------------

void ModelSidecar::take(std::string_view data, std::size_t output,
                        std::function<void(Result<void>)> done) {
  const unsigned key = key_in(data);
  ledger_.received(key, output, data);
  if (key == kNoKey) return done({});
  const Takes takes =
      output == 0 || script_.setting.outputs < 2 ? ledger_.op(key).takes : Takes::kAccepts;
  const auto accept = [this, key, output, done] {
    ledger_.confirms(key, output);
    done({});
  };
  const auto refuse = [&](Code code) {
    ledger_.refuses(key, output);
    done(fail(code, "as the script says"));
  };
  switch (takes) {
    case Takes::kAccepts:
      return accept();
    case Takes::kAcceptsLate:
      return later(std::chrono::milliseconds(ledger_.op(key).amount * 3), accept);
    case Takes::kRefuses:
      return refuse(Code::kInternal);
    case Takes::kIsUnavailable:
      return refuse(Code::kUnavailable);
    case Takes::kExhausted:
      return refuse(Code::kResourceExhausted);
    case Takes::kNever:
      never_.push_back(std::move(done));
      return;
  }
}

void ModelSidecar::invoke_binding(dapr::BindingRequest request, dapr::ApiCall /*call*/,
                                  dapr::BindingDone done) {
  take(request.data, request.component == "files" ? 0 : 2,
       [done = std::make_shared<dapr::BindingDone>(std::move(done))](Result<void> result) {
         if (result) return (*done)(SidecarReply{});
         (*done)(std::unexpected(result.error()));
       });
}

void ModelSidecar::publish(dapr::PublishRequest request, dapr::ApiCall /*call*/,
                           dapr::PublishDone done) {
  take(request.data, request.component == "bus" && request.topic == "out" ? 1 : 2,
       [done = std::make_shared<dapr::PublishDone>(std::move(done))](Result<void> result) {
         (*done)(std::move(result));
       });
}

// --- What it delivers ----------------------------------------------------------------------------

void ModelSidecar::again(std::size_t op, unsigned attempt) {
  if (stopped_ || attempt + 1 >= kAttempts) return;
  later(kPause, [this, op, attempt] { deliver(op, attempt + 1); });
}

void ModelSidecar::deliver(std::size_t op, unsigned attempt) {
  if (stopped_) return;
  const Input input = script_.ops[op].input;
  const unsigned key = key_of(op, attempt);
  if (script_.setting.by_http) return deliver_by_http(op, key);
  if (input == Input::kBulk) return deliver_all(op);
  ledger_.sends(key, true);
  const bool is_binding = input == Input::kBinding;
  const auto request =
      is_binding ? dapr::encode(dapr::BindingEvent{.component = "tick", .data = data_of(key)})
                 : dapr::encode(dapr::TopicEvent{.id = "e" + std::to_string(op),
                                                 .source = "model",
                                                 .type = "com.example",
                                                 .spec_version = "1.0",
                                                 .content_type = "text/plain",
                                                 .data = data_of(key),
                                                 .topic = std::string(topic_of(input)),
                                                 .component = "bus"});
  ++under_way_;
  app_->call(is_binding ? dapr::kOnBindingEvent : dapr::kOnTopicEvent, *request,
             {.deadline = Deadline(kernel_.now() + kDeliveryTimeout)},
             [this, op, attempt, key, is_binding](const wire::grpc::CallResult& result) {
               --under_way_;
               if (!result.status.ok()) {
                 ledger_.not_acknowledged(key);
                 return again(op, attempt);
               }
               const auto status = is_binding
                                       ? Result<dapr::TopicStatus>(dapr::TopicStatus::kSuccess)
                                       : dapr::decode_topic_status(result.message);
               ledger_.acknowledged(key, status.value());
               if (*status == dapr::TopicStatus::kRetry) again(op, attempt);
             });
}

void ModelSidecar::deliver_all(std::size_t op) {
  dapr::BulkEvent bulk{.id = "b" + std::to_string(op), .topic = "bulk", .component = "bus"};
  for (unsigned entry = 0; entry < kEntries; ++entry) {
    const unsigned key = key_of(op, entry);
    ledger_.sends(key, true);
    bulk.entries.push_back(
        {.entry_id = std::to_string(entry), .content_type = "text/plain", .bytes = data_of(key)});
  }
  ++under_way_;
  app_->call(dapr::kOnBulkTopicEvent, *dapr::encode(bulk),
             {.deadline = Deadline(kernel_.now() + kDeliveryTimeout)},
             [this, op](const wire::grpc::CallResult& result) {
               --under_way_;
               if (!result.status.ok()) {
                 for (unsigned entry = 0; entry < kEntries; ++entry)
                   ledger_.not_acknowledged(key_of(op, entry));
                 return;
               }
               const auto statuses = dapr::decode_bulk_statuses(result.message);
               if (!statuses || statuses->size() != kEntries)
                 return ledger_.break_rule("every call ends once", "a bulk was answered in part");
               for (const dapr::BulkStatus& each : *statuses)
                 ledger_.acknowledged(key_of(op, static_cast<unsigned>(std::stoul(each.entry_id))),
                                      each.status);
             });
}

// --- Over HTTP -----------------------------------------------------------------------------------

bool ModelSidecar::step() {
  bool any = false;
  // An answer may make further ones.
  for (std::size_t i = 0; i < http_.size(); ++i) any = http_[i]->step() || any;
  return any;
}

SteadyTime ModelSidecar::next() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& caller : http_) next = std::min(next, caller->next());
  return next;
}

void ModelSidecar::note_arrived() {
  for (const auto& caller : http_) caller->note_arrived();
}

void ModelSidecar::ask_for_topics() {
  http_.push_back(make_caller_(Manner::kGood, *this));
  http_.back()->send(kNoKey, "GET /dapr/subscribe HTTP/1.1\r\nHost: sim\r\n\r\n");
}

void ModelSidecar::deliver_by_http(std::size_t op, unsigned key) {
  const Op& each = script_.ops[op];
  // A connection takes the next delivery when it has no other one.
  std::erase_if(http_, [](const auto& caller) { return caller->is_over(); });
  auto idle = std::ranges::find_if(http_, [&each](const auto& caller) {
    return caller->has_all() && caller->is_reusable() && caller->manner() == each.manner;
  });
  if (idle == http_.end()) idle = http_.insert(idle, make_caller_(each.manner, *this));
  const std::string topic(topic_of(each.input));
  std::string body = data_of(key);
  std::string_view type = "text/plain";
  if (each.input != Input::kBinding) {
    type = "application/cloudevents+json";
    body = R"({"id":"e)" + std::to_string(op) +
           R"(","source":"model","type":"com.example","specversion":"1.0",)"
           R"("datacontenttype":"text/plain","pubsubname":"bus","topic":")" +
           topic + R"(","data":")" + body + R"("})";
  }
  ++under_way_;
  (*idle)->send(key, "POST /" + topic +
                         " HTTP/1.1\r\nHost: sim\r\nContent-Type: " + std::string(type) +
                         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

// As daprd reads it: a topic's event is dropped by 404, and by a status in the body; everything but 2xx is delivered again.
void ModelSidecar::answered(unsigned key, int status, std::string_view body) {
  if (key == kNoKey) {
    for (const Input input : {Input::kTopic, Input::kOrdered, Input::kLimited, Input::kBulk}) {
      const std::string route = R"("route":"/)" + std::string(topic_of(input)) + '"';
      if (status != 200 || body.find(route) == std::string_view::npos)
        ledger_.break_rule("a sidecar learns the topics", "an answer without " + route);
    }
    return ledger_.reached("sidecar asked over HTTP");
  }
  --under_way_;
  const auto has = [body](std::string_view text) {
    return body.find(text) != std::string_view::npos;
  };
  const bool is_topic = ledger_.op(key).input != Input::kBinding;
  ledger_.reached("delivery over HTTP answered " + std::to_string(status));
  if (is_topic && (status == 404 || (status == 200 && has("DROP"))))
    return ledger_.acknowledged(key, dapr::TopicStatus::kDrop);
  if (status == 200 && !(is_topic && has("RETRY")))
    return ledger_.acknowledged(key, dapr::TopicStatus::kSuccess);
  ledger_.not_acknowledged(key);
  again(op_of(key), key % kAttempts);
}

void ModelSidecar::lost(unsigned key, const Answer* /*part*/) {
  if (key == kNoKey) return;
  --under_way_;
  ledger_.delivery_lost(key);
  again(op_of(key), key % kAttempts);
}

}  // namespace ofn::simulation
