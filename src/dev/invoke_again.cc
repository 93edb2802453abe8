#include "dev/invoke_again.h"

#include <algorithm>

#include "dev/visible_text.h"

namespace ofn::dev {

void InvokeAgain::say(Told::Weight weight, std::string text) {
  told_.on(Told{.weight = weight, .text = std::move(text)});
}

void InvokeAgain::invoke() {
  const auto last = std::ranges::find_if(ring_, [](const CallEnded& call) {
    return call.kind == "request" && call.refusal != "probe" && !call.method.empty();
  });
  if (last == ring_.end())
    return say(Told::Weight::kInfo, "no request has come yet that could be sent again");
  waiting_ = *last;
  const unsigned coming = options_.coming();
  if (coming == 0) return send_waiting();
  say(Told::Weight::kInfo,
      "waits for build " + std::to_string(coming) + " before the last request is sent again");
  if (!patience_.armed()) patience_.arm(loop_.clock().now() + kPatience);
}

// Later, because the supervisor is still at work when it tells of a build.
void InvokeAgain::on(const ServingBuild& /*event*/) { loop_.run_soon(*this); }
void InvokeAgain::on(const BuildFailed& /*event*/) { loop_.run_soon(*this); }

void InvokeAgain::run_ready() {
  if (waiting_ && options_.coming() == 0) send_waiting();
}

void InvokeAgain::lose_patience() {
  say(Told::Weight::kWarning, "build " + std::to_string(options_.coming()) +
                                  " does not serve after " + duration_text(kPatience) +
                                  ", so the last request goes to what serves now");
  send_waiting();
}

void InvokeAgain::send_waiting() {
  patience_.disarm();
  const CallEnded call = *std::exchange(waiting_, std::nullopt);
  const auto left_out =
      options_.send(call, [this](const Result<Replayed>& result) { answered(result); });
  if (!left_out)
    return say(Told::Weight::kWarning,
               "the last request cannot be sent again: " + left_out.error().message());
  if (left_out->empty()) return;
  std::string names;
  for (const std::string& name : *left_out) names += (names.empty() ? "" : ", ") + name;
  say(Told::Weight::kInfo,
      "sent again without " + names + ": the values of secrets are not recorded");
}

void InvokeAgain::answered(const Result<Replayed>& answered) {
  if (!answered) {
    say(Told::Weight::kWarning,
        "the request that was sent again failed: " + answered.error().message());
  } else if (answered->id.empty()) {
    say(Told::Weight::kWarning, "the request that was sent again got status " +
                                    std::to_string(answered->status) +
                                    ", because no build can be served");
  }
}

}  // namespace ofn::dev
