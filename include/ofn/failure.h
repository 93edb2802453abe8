// A failure at the sidecar as a value, with a code for the program and a sentence for people; and
// the exception that refuses an invalid input.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/lazy.h>

namespace ofn {

// The canonical codes; numbers equal to gRPC's (grpc/doc/statuscodes.md).
enum class Code : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

// Returns "INVALID_ARGUMENT" and so on: the specification's names. Returns "UNKNOWN" for a number
// that is not a code.
constexpr std::string_view code_name(Code code) noexcept;

// A value. The message is for logs and for the author; it may contain the sidecar's message.
struct Failure {
  Code code = Code::kUnknown;
  std::string message;
  friend bool operator==(const Failure&, const Failure&) = default;
};

// value() and check() throw it if there is a failure. If the function does not catch it, it is a
// crash of the function, like any other exception.
class FailureError : public std::runtime_error {
 public:
  OFN_INTERNAL_LAZY explicit FailureError(Failure failure)
      : std::runtime_error(std::string(code_name(failure.code)) + ": " + failure.message),
        failure_(std::move(failure)) {}
  const Failure& failure() const noexcept { return failure_; }

 private:
  Failure failure_;
};

// A function, or a Codec's decode, throws it if its input can never be valid. Then the client gets
// 400 with this text. A topic's event is dropped, because a second delivery would have the same
// input.
class BadInput : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A value, or the reason why there is none. Check it before you use the value.
template <class T>
class [[nodiscard("a call may fail: look at its reply, or call check()")]] Reply {
 public:
  // NOLINTBEGIN(google-explicit-constructor): either converts, as a return value does.
  Reply(T value) : value_(std::move(value)) {}
  Reply(Failure failure) : failure_(std::move(failure)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const noexcept { return !failure_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  // Call it only if ok() is false.
  const Failure& failure() const noexcept { return *failure_; }
  // Throws FailureError unless ok().
  T& value() & {
    check();
    return value_;
  }
  const T& value() const& {
    check();
    return value_;
  }
  T&& value() && {
    check();
    return std::move(value_);
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  void check() const {
    if (failure_) throw FailureError(*failure_);
  }

 private:
  T value_{};
  std::optional<Failure> failure_;
};

// The value of a Reply for an operation without a result.
struct Done {};

constexpr std::string_view code_name(Code code) noexcept {
  switch (code) {
    case Code::kOk:
      return "OK";
    case Code::kCancelled:
      return "CANCELLED";
    case Code::kUnknown:
      return "UNKNOWN";
    case Code::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case Code::kDeadlineExceeded:
      return "DEADLINE_EXCEEDED";
    case Code::kNotFound:
      return "NOT_FOUND";
    case Code::kAlreadyExists:
      return "ALREADY_EXISTS";
    case Code::kPermissionDenied:
      return "PERMISSION_DENIED";
    case Code::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case Code::kFailedPrecondition:
      return "FAILED_PRECONDITION";
    case Code::kAborted:
      return "ABORTED";
    case Code::kOutOfRange:
      return "OUT_OF_RANGE";
    case Code::kUnimplemented:
      return "UNIMPLEMENTED";
    case Code::kInternal:
      return "INTERNAL";
    case Code::kUnavailable:
      return "UNAVAILABLE";
    case Code::kDataLoss:
      return "DATA_LOSS";
    case Code::kUnauthenticated:
      return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

}  // namespace ofn
