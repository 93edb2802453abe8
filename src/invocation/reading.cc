#include "invocation/reading.h"

#include <string_view>
#include <utility>

#include "document/json.h"
#include "event/receive.h"
#include "invocation/answers.h"
#include "invocation/failure_lines.h"

namespace ofn {

namespace {

// What a binding delivered, for a function of CloudEvents. The type is the family's for it.
CloudEvent event_of(const Inbound& inbound, std::string_view id) {
  CloudEvent event(std::string(id), inbound.input.component, "dapr.invoke");
  if (inbound.data.empty()) return event;
  event.data(std::string(inbound.data));
  if (!inbound.content_type.empty())
    return event.datacontenttype(std::string(inbound.content_type));
  return event.datacontenttype(document::is_json(inbound.data) ? "application/json"
                                                               : "application/octet-stream");
}

EarlyAnswer posts_only() {
  return {.response = only_post(), .reason = "events are received by POST"};
}

EarlyAnswer unreadable(const Error& error) {
  return {.response = not_an_event(error), .level = Level::kWarning, .reason = error.text()};
}

// A hook, or an exception, has answered the call for an event. An answer that is no failure is the request's only if the request has no
// other events.
void take_answer(RunResult& ran, const Arrival& arrival, const CallEnvironment& environment,
                 std::size_t calls, WorkResult& result) {
  Response& response = ran.outcome.response;
  if (ran.verdict == Verdict::kSuccess) {
    if (calls == 1) result.response = std::move(response);
    return;
  }
  if (!ran.is_told) log_failed_function(environment.failure_log(), arrival.label(), response);
  result.fail(std::move(response), ran.verdict);
}

}  // namespace

void RequestReading::take(RunResult& ran, const Arrival& arrival,
                          const CallEnvironment& environment, WorkResult& result) {
  result.verdict = ran.verdict;
  result.drop = ran.drop;
  result.response = std::move(ran.outcome.response);
  forwards_ = false;
  if (result.verdict != Verdict::kSuccess) {
    if (result.verdict == Verdict::kError && !ran.is_told)
      log_failed_function(environment.failure_log(), arrival.label(), result.response);
    return;
  }
  if (!ran.forwards || !environment.sends()) return;
  // A response is something even when it is empty; an Out without data is nothing to send.
  const bool is_out = row_of(arrival.function().signature).returns == Returns::kOut;
  forwards_ = !is_out || !result.response.body().empty();
}

void RequestReading::forward(const CallEnvironment& environment, WorkResult& result) const {
  if (forwards_ && result.sends)
    result.payloads.push_back(payload_of(result.response, environment.context));
}

std::optional<EarlyAnswer> CloudEventReading::receive(const Arrival& arrival,
                                                      const CallEnvironment& environment) {
  if (const Inbound* inbound = arrival.inbound()) {
    mode_ = event::Mode::kBatch;  // its replies go to outputs only
    calls_ = 1;
    if (inbound->event == nullptr) events_.push_back(event_of(*inbound, arrival.id()));
    return std::nullopt;
  }
  if (arrival.request()->method() != "POST") return posts_only();
  Result<event::Received> received =
      event::receive_cloud_events(*arrival.request(), environment.loop.clock().system_now());
  if (!received) return unreadable(received.error());
  mode_ = received->mode;
  events_ = std::move(received->events);
  calls_ = events_.size();
  return std::nullopt;
}

void CloudEventReading::set(std::size_t index, Arrival& arrival, abi::Call& call) {
  call.own_event = events_.empty() ? nullptr : &events_[index];
  call.event = events_.empty() ? arrival.inbound()->event : call.own_event;
}

void CloudEventReading::take(RunResult& ran, const Arrival& arrival,
                             const CallEnvironment& environment, WorkResult& result) {
  if (ran.is_answered) return take_answer(ran, arrival, environment, calls_, result);
  if (ran.outcome.event) replies_.push_back(*std::move(ran.outcome.event));
}

std::optional<Error> CloudEventReading::conclude(const CallEnvironment& environment,
                                                 WorkResult& result) {
  // Without a reply the response stays empty: an eventing broker takes a body that is no event for a failure, and delivers the
  // event again. A sender that did not ask for a batch must not get one (HTTP binding §3.3), so the replies to a batch go to the
  // outputs only.
  if (mode_ != event::Mode::kBatch && !replies_.empty()) {
    Result<Response> reply = event::to_http(replies_.front(), mode_);
    if (!reply) return std::move(reply).error();
    result.response = *std::move(reply);
  }
  if (!environment.sends()) return std::nullopt;
  for (const CloudEvent& reply : replies_) {
    Result<Payload> payload = payload_of(reply, environment.context);
    if (!payload) return std::move(payload).error();
    result.payloads.push_back(*std::move(payload));
  }
  return std::nullopt;
}

void CloudEventReading::clear() {
  events_.clear();
  replies_.clear();
}

std::optional<EarlyAnswer> BackgroundEventReading::receive(const Arrival& arrival,
                                                           const CallEnvironment& environment) {
  const Request& request = *arrival.request();
  // The platform asks there whether the function is up.
  if (request.path() == "/" && (request.method() == "GET" || request.method() == "HEAD")) {
    return EarlyAnswer{.verdict = Verdict::kSuccess};
  }
  if (request.method() != "POST") return posts_only();
  Result<std::vector<BackgroundEvent>> received =
      event::receive_background_events(request, environment.loop.clock().system_now());
  if (!received) return unreadable(received.error());
  events_ = *std::move(received);
  return std::nullopt;
}

void BackgroundEventReading::take(RunResult& ran, const Arrival& arrival,
                                  const CallEnvironment& environment, WorkResult& result) {
  if (ran.is_answered) take_answer(ran, arrival, environment, calls(), result);
}

std::optional<Error> BackgroundEventReading::conclude(const CallEnvironment& /*environment*/,
                                                      WorkResult& /*result*/) {
  return std::nullopt;
}

}  // namespace ofn
