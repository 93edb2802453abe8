#include "cli/call_reports.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "dev/content.h"
#include "dev/event.h"
#include "dev/messages.h"

namespace ofn::cli {

namespace {

std::string_view name_of(CallKind kind) {
  switch (kind) {
    case CallKind::kRequest:
      return "request";
    case CallKind::kBinding:
      return "binding";
    case CallKind::kTopicEvent:
      return "topic";
    case CallKind::kBulkedEvent:
      return "bulk";
  }
  return "";
}

std::string_view name_of(Refusal refusal) {
  switch (refusal) {
    case Refusal::kNone:
      return "";
    case Refusal::kProbe:
      return "probe";
    case Refusal::kHandshake:
      return "handshake";
    case Refusal::kNoRoute:
      return "no route";
    case Refusal::kWrongMethod:
      return "wrong method";
    case Refusal::kNoToken:
      return "no token";
    case Refusal::kStopping:
      return "stopping";
    case Refusal::kTooMany:
      return "too many calls";
    case Refusal::kTooLate:
      return "too late";
    case Refusal::kCallerLeft:
      return "the caller left";
    case Refusal::kUnreadable:
      return "unreadable";
    case Refusal::kBroken:
      return "broken request";
  }
  return "";
}

std::string_view name_of(Placement placement) {
  switch (placement) {
    case Placement::kNowhere:
      return "";
    case Placement::kLoop:
      return "loop";
    case Placement::kWorker:
      return "worker";
  }
  return "";
}

std::string_view name_of(Delivered outcome) {
  switch (outcome) {
    case Delivered::kConfirmed:
      return "confirmed";
    case Delivered::kUnreachable:
      return "unreachable";
    case Delivered::kTimedOut:
      return "timed out";
    case Delivered::kRefused:
      return "refused";
  }
  return "";
}

// A longer text would not be read, and the message has a largest size.
constexpr std::size_t kLongestText = std::size_t{8} * 1024;

dev::Thrown thrown_of(const Crash& crash) {
  return {.type = crash.exception,
          .what = crash.what.substr(0, kLongestText),
          .frames = dev::frames_of(crash.frames)};
}

}  // namespace

void CallReports::began(const CallStart& start, TraceContext& /*trace*/) {
  std::string text(start.id);
  text.append(" ").append(start.function == nullptr ? "-" : start.function->name);
  if (start.kind == CallKind::kRequest) {
    text.append(" ").append(start.method).append(" ").append(dev::without_secrets(start.target));
  } else {
    text.append(" ").append(name_of(start.kind)).append(" ").append(start.route);
  }
  (void)channel_.try_send(dev::MessageKind::kBegan, text);
}

void CallReports::ended(const CallRecord& record) {
  const CallStart& start = record.start;
  dev::CallEnded call{.build = build_,
                      .id = std::string(start.id),
                      .kind = std::string(name_of(start.kind)),
                      .method = std::string(start.method),
                      .path = start.kind == CallKind::kRequest ? dev::without_secrets(start.target)
                                                               : std::string(start.route),
                      .function = start.function == nullptr ? "" : start.function->name,
                      .route = std::string(start.route),
                      .verdict = std::string(verdict_name(record.outcome.verdict)),
                      .refusal = std::string(name_of(record.outcome.refusal)),
                      .status = record.outcome.status,
                      .answered = record.answered,
                      .waited = record.waited,
                      .ran = record.ran,
                      .delivered = record.delivered,
                      .ran_on = std::string(name_of(record.outcome.ran_on)),
                      .bytes_in = record.bytes_in,
                      .bytes_out = record.bytes_out,
                      .outputs = {},
                      .is_captured = captures_ == Captures::kYes};
  for (const OutputResult& result : record.outputs) {
    call.outputs.push_back(
        {.name = result.output->name,
         .component = result.output->component,
         .outcome = call.is_captured ? "captured" : std::string(name_of(result.outcome)),
         .tries = result.tries,
         .took = result.took});
  }
  if (record.crash != nullptr) call.thrown = thrown_of(*record.crash);
  if (sent_ != nullptr) call.sent = sent_->take(start.id);
  add_contents(start, call);
  if (channel_.try_send(dev::MessageKind::kCall, dev::encode(call))) return;
  call.request.body.clear();
  call.answer.body.clear();
  for (dev::Sent& sent : call.sent) sent.content.body.clear();
  if (channel_.try_send(dev::MessageKind::kCall, dev::encode(call))) return;
  if (record.crash == nullptr) return;
  log_crash(log_, "function crashed",
            CallFields({.request = call.id,
                        .trace = record.trace == nullptr ? SpanContext() : record.trace->context()})
                .add("function", call.function),
            *record.crash);
}

bool CallReports::tells_still_running(std::string_view id) {
  if (long_calls_ == nullptr) return false;
  long_calls_->answered(id);
  return true;
}

void CallReports::add_contents(const CallStart& start, dev::CallEnded& call) {
  if (const Inbound* delivery = start.delivery) {
    if (!delivery->content_type.empty())
      dev::add_field(call.request, "content-type", delivery->content_type);
    for (const Field& field : delivery->metadata)
      dev::add_field(call.request, field.name, field.value);
    dev::add_body(call.request, delivery->data);
  } else if (CallContents::Of* of = contents_.find(start.target)) {
    call.request = std::move(of->request);
    call.answer = std::move(of->answer);
  }
}

}  // namespace ofn::cli
