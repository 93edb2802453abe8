// What a call of a function gave: its answer, what it sent, what it logged and threw. Authors include <ofn/testing.h>.
//
//   void look_at(const ofn::testing::Result& result) {
//     if (result.status == 200 && result.sent.size() == 1) result.field("content-type");
//   }
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>

namespace ofn::testing {

// What X-OpenFunction-Status says.
enum class Verdict {
  kSuccess,
  kError,  // the function reported a failure: a status of 400 or more, an Out that is an error
  kCrash,  // it threw, or what it returned cannot be sent
};

// What the sidecar is told of a delivery.
enum class Acknowledgement {
  kNone,          // no delivery brought the call
  kAcknowledged,  // the sidecar forgets the message
  kRetry,         // the delivery failed: the sidecar may bring the message again
  kDropped,       // it failed, and the sidecar shall not bring it again
};

// One message that the function sent, or that was sent for it, to one output.
struct Sent {
  std::string output{};     // the user's name
  std::string component{};  // Dapr's name
  std::string topic{};      // of a pubsub
  std::string operation{};  // of a binding
  std::string data{};
  std::string content_type{};
  std::map<std::string, std::string, std::less<>> metadata{};
  unsigned tries = 0;                // how often the sidecar was asked
  std::optional<Failure> failure{};  // not set if the sidecar has confirmed it
};

// An exception that left the function.
struct Thrown {
  std::string type{};  // "std::out_of_range"
  std::string what{};
  // The author's innermost line on the way; empty and 0 if it is unknown.
  std::string file{};
  int line = 0;
  std::string function{};
};

// The values of all state stores: store → key → value.
using States = std::map<std::string, std::map<std::string, std::string, std::less<>>, std::less<>>;

// A value.
struct Result {
  bool has_ended = false;  // false: the call is under way (Program::start)
  int status = 0;          // of a delivery what an HTTP client would have got
  std::vector<Header> fields{};
  std::string body{};
  // The body as the function wrote it, if it wrote it in pieces.
  std::vector<std::string> pieces{};
  std::vector<Header> trailers{};
  bool is_broken_off = false;  // an answer in pieces that its client can see to be incomplete
  Verdict verdict = Verdict::kSuccess;
  Acknowledgement acknowledgement = Acknowledgement::kNone;
  std::optional<Failure> refusal{};  // of a delivery that failed: what its sidecar is told
  std::vector<Sent> sent{};          // in the order in which the sidecar was asked first
  std::vector<std::string> log{};    // "warning: output failed output=archive"
  std::optional<Thrown>
      thrown{};  // not if a handler of the author, a BadInput or an HttpError gave the answer
  States state_before{};
  States state_after{};

  // Returns the first field of that name (ASCII case does not count); empty if there is none.
  std::string field(std::string_view name) const {
    for (const Header& each : fields) {
      if (same_field_name(each.name, name)) return each.value;
    }
    return {};
  }
};

// The answers to a delivery of several messages, in their order.
struct BulkResult {
  Acknowledgement acknowledgement = Acknowledgement::kNone;  // of the delivery as a whole
  std::optional<Failure> refusal{};                          // the same
  std::vector<Acknowledgement> messages{};
  std::vector<Sent> sent{};
  std::vector<std::string> log{};
};

inline std::string_view name_of(Verdict verdict) {
  if (verdict == Verdict::kSuccess) return "success";
  return verdict == Verdict::kError ? "error" : "crash";
}
inline std::string_view name_of(Acknowledgement acknowledgement) {
  switch (acknowledgement) {
    case Acknowledgement::kAcknowledged:
      return "acknowledged";
    case Acknowledgement::kRetry:
      return "to be tried again";
    case Acknowledgement::kDropped:
      return "dropped";
    case Acknowledgement::kNone:
      break;
  }
  return "no delivery";
}

namespace internal {

// Returns at most 200 bytes of a text, in quotes, without control characters.
inline std::string in_quotes(std::string_view text) {
  constexpr std::size_t kMost = 200;
  std::string shown = "\"";
  for (const char c : text.substr(0, kMost)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      shown += "\\n";
    } else if (c == '"' || c == '\\') {
      (shown += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      (shown += "\\x") += "0123456789abcdef"[byte >> 4U];
      shown += "0123456789abcdef"[byte & 0xfU];
    } else {
      shown += c;
    }
  }
  shown += '"';
  if (text.size() > kMost) shown += "… (" + std::to_string(text.size()) + " bytes)";
  return shown;
}

}  // namespace internal

// For the messages of test frameworks: one paragraph with what a reader needs first.
inline std::ostream& operator<<(std::ostream& out, const Result& result) {
  if (!result.has_ended) return out << "a call that has not ended";
  if (result.acknowledgement == Acknowledgement::kNone) {
    out << "the answer " << result.status << ' ' << internal::in_quotes(result.body);
  } else {
    out << "a delivery, " << name_of(result.acknowledgement);
    if (result.refusal)
      out << " (" << code_name(result.refusal->code) << ": " << result.refusal->message << ')';
  }
  if (result.thrown) {
    out << "; the function threw " << result.thrown->type << ' '
        << internal::in_quotes(result.thrown->what);
    if (result.thrown->line != 0)
      out << " at " << result.thrown->file << ':' << result.thrown->line;
  }
  for (const Sent& sent : result.sent) {
    out << "; sent to " << internal::in_quotes(sent.output) << ": "
        << internal::in_quotes(sent.data);
    if (sent.failure) out << " (failed: " << code_name(sent.failure->code) << ')';
  }
  return out;
}

}  // namespace ofn::testing
