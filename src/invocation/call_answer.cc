#include "invocation/call_answer.h"

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "base/request_id.h"
#include "invocation/answers.h"

namespace ofn {

namespace {

constexpr std::string_view kStatusField = "X-OpenFunction-Status";
constexpr std::string_view kCrashField = "X-Google-Status";

// Only the framework sets X-OpenFunction-Status; the function's own is dropped.
void drop_status_field(Response& response) {
  if (response.find_header(kStatusField) == nullptr) return;
  Response kept;
  kept.status(response.status());
  for (const Header& header : response.headers())
    if (!same_field_name(header.name, kStatusField)) kept.header(header.name, header.value);
  kept.body(std::move(response).body());
  response = std::move(kept);
}

}  // namespace

CallAnswer::CallAnswer(Loop& loop, Caller& caller, Log& log, Log& failures,
                       std::function<void()> on_late)
    : loop_(loop),
      caller_(caller),
      log_(log),
      failures_(failures),
      on_late_(std::move(on_late)),
      deadline_(loop, [this] { expire(); }) {}

void CallAnswer::begin(const CallLabel& call, SteadyTime deadline, BodySink* sink) {
  call_ = call;
  sink_ = sink;
  is_given_ = false;
  deadline_at_ = deadline;
  if (deadline != SteadyTime::max()) deadline_.arm(deadline);
}

void CallAnswer::give(Response&& response, Verdict verdict, Retry retry) {
  is_given_ = true;
  deadline_.disarm();
  verdict_ = verdict;
  status_ = response.status();
  bytes_ = response.body().size();
  std::array<Field, 3> extra;
  std::size_t count = 0;
  extra[count++] = {kStatusField, verdict_name(verdict)};
  if (verdict == Verdict::kCrash) extra[count++] = {kCrashField, "crash"};
  if (!response.headers().empty()) drop_status_field(response);
  // An author who sets the id has a reason, and one field is enough.
  if (response.headers().empty() || response.find_header(RequestId::kName) == nullptr)
    extra[count++] = {RequestId::kName, call_.ids->request};
  caller_.answer({.response = std::move(response),
                  .extra = std::span(extra).first(count),
                  .verdict = verdict,
                  .drop = retry == Retry::kDropped});
}

bool CallAnswer::begin_pieces(Response head, std::function<void()> on_room) {
  if (is_given_) return false;
  is_in_pieces_ = true;
  status_ = head.status();
  bytes_ = 0;
  std::array<Field, 2> extra = {
      {{"Trailer", kStatusField}, {RequestId::kName, call_.ids->request}}};
  const std::size_t count = head.find_header(RequestId::kName) == nullptr ? 2 : 1;
  drop_status_field(head);
  sink_->begin(std::move(head), std::span(extra).first(count), std::move(on_room));
  return true;
}

void CallAnswer::end_pieces(Verdict verdict, Pieces pieces) {
  is_given_ = true;
  is_in_pieces_ = false;
  verdict_ = verdict;
  deadline_.disarm();
  if (pieces == Pieces::kWhole) {
    const Field status{kStatusField, verdict_name(verdict)};
    sink_->finish({&status, 1});
  } else {
    log_.write(Level::kWarning, "answer aborted", call_.fields().span());
    sink_->abort();
  }
}

void CallAnswer::expire_if_late() {
  if (!is_given_ && Deadline(deadline_at_).passed(loop_.now()) && !loop_.limits_are_off()) expire();
}

void CallAnswer::expire() {
  log_failure(failures_, call_, Level::kWarning, "call timed out", 504,
              "the function had not returned");
  if (is_in_pieces_) {
    end_pieces(Verdict::kError, Pieces::kBroken);
  } else {
    give(too_late(call_.ids->request), Verdict::kError);
  }
  on_late_();
}

}  // namespace ofn
