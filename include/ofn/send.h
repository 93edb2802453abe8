// What a function says of a send through its Context, and what it is told: options, and a report. Authors include <ofn/context.h>.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/lazy.h>
#include <ofn/stores.h>

namespace ofn {

// The settings of one send that differ from the context's. Borrowed until send() returns.
struct SendOptions {
  std::vector<Header> metadata = {};  // added to the output's own; the same key replaces it
  std::string_view operation = {};    // of a binding, instead of the output's own; topics have none
  std::string_view content_type = {};  // of the data, for topics
};

// The results of a send. Look at them, or call check(). The function must handle a failed send: the
// invocation fails only if the function returns a failure or throws.
class [[nodiscard("a send may fail: look at its report, or call check()")]] SendReport {
 public:
  SendReport() = default;
  OFN_INTERNAL_LAZY explicit SendReport(std::vector<SendResult> results)
      : results_(std::move(results)) {}

  // Returns true if every output has confirmed the data.
  OFN_INTERNAL_LAZY bool ok() const noexcept {
    for (const SendResult& result : results_) {
      if (result.failure) return false;
    }
    return true;
  }
  OFN_INTERNAL_LAZY explicit operator bool() const noexcept { return ok(); }
  // One result for each output, in the order of the context. After send_all() one for each item.
  const std::vector<SendResult>& results() const noexcept { return results_; }
  // Returns the first output's answer, for a send to one output.
  OFN_INTERNAL_LAZY std::string_view data() const noexcept {
    return results_.empty() ? std::string_view() : std::string_view(results_.front().data);
  }
  // Returns "CODE: message" for each failed output; empty if none has failed.
  OFN_INTERNAL_LAZY std::string error() const {
    std::string text;
    for (const SendResult& result : results_) {
      if (!result.failure) continue;
      if (!text.empty()) text += "; ";
      text += code_name(result.failure->code);
      text += ": ";
      text += result.failure->message;
    }
    return text;
  }
  // Throws FailureError unless ok().
  OFN_INTERNAL_LAZY void check() const {
    for (const SendResult& result : results_) {
      if (result.failure) throw FailureError({result.failure->code, error()});
    }
  }

 private:
  std::vector<SendResult> results_;
};

}  // namespace ofn
