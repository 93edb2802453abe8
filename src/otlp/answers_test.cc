#include "otlp/answers.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "otlp/protobuf_writer.h"

namespace ofn::otlp {
namespace {

using namespace std::chrono_literals;

std::string shown(const Answer& answer) {
  std::string text = answer.verdict == Verdict::kAccepted ? "accepted"
                     : answer.verdict == Verdict::kRetry  ? "retry"
                                                          : "refused";
  if (answer.retry_after) text += " after " + std::to_string(*answer.retry_after / 1ms) + " ms";
  if (answer.rejected_items > 0) text += " without " + std::to_string(answer.rejected_items);
  return text + (answer.text.empty() ? "" : ": ") + answer.text;
}

template <class Write>
std::string message(Write write) {
  std::string bytes;
  ProtobufWriter out(bytes);
  write(out);
  return bytes;
}

std::string partial_success(std::uint64_t rejected, std::string_view text) {
  return message([&](ProtobufWriter& out) {
    out.message(1, [&] {
      out.varint(1, rejected);
      out.bytes(2, text);
    });
  });
}

std::string rpc_status(std::string_view type, std::string_view value) {
  return message([&](ProtobufWriter& out) {
    out.varint(1, 8);
    out.bytes(2, "slow down");
    out.message(3, [&] { out.bytes(1, "type.googleapis.com/google.rpc.DebugInfo"); });
    out.message(3, [&] {
      out.bytes(1, type);
      out.bytes(2, value);
    });
  });
}

std::string retry_info(std::uint64_t seconds, std::uint64_t nanos) {
  return rpc_status("type.googleapis.com/google.rpc.RetryInfo", message([&](ProtobufWriter& out) {
                      out.message(1, [&] {
                        out.varint(1, seconds);
                        out.varint(2, nanos);
                      });
                    }));
}

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kNotOtlp =
    "refused: HTTP status 200 with a body that is not OTLP's; is this address a collector's?";

TEST(Answers, OverHttp) {
  const std::string partial = partial_success(3, "too old");
  const std::string warning = partial_success(0, "deprecated");
  const std::string negative = partial_success(static_cast<std::uint64_t>(-1), "");
  const std::string status = rpc_status("", "");
  struct Case {
    HttpAnswer answer;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{{.status = 200, .content_type = kProtobuf}, "accepted"},
           Case{{.status = 200}, "accepted"},
           Case{{.status = 202}, "accepted"},
           Case{{.status = 200, .content_type = kProtobuf, .body = partial},
                "accepted without 3: \"too old\""},
           Case{{.status = 200, .content_type = "Application/X-Protobuf ; a=b", .body = partial},
                "accepted without 3: \"too old\""},
           Case{{.status = 200, .content_type = kProtobuf, .body = warning},
                "accepted: \"deprecated\""},
           Case{{.status = 200, .content_type = kProtobuf, .body = negative}, "accepted"},
           Case{{.status = 200, .content_type = "application/json", .body = "{}"}, "accepted"},
           Case{{.status = 200,
                 .content_type = "application/json",
                 .body = R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}})"},
                "accepted without 2: \"no\""},
           Case{{.status = 200,
                 .content_type = "application/json",
                 .body = R"({"partialSuccess":{"rejectedDataPoints":4}})"},
                "accepted without 4"},
           Case{{.status = 200, .content_type = "text/html", .body = "<p>"}, kNotOtlp},
           Case{{.status = 200, .body = "x"}, kNotOtlp},
           Case{{.status = 200, .content_type = kProtobuf, .body = "\xff garbage"}, kNotOtlp},
           Case{{.status = 200, .content_type = "application/json", .body = "[1]"}, kNotOtlp},
           Case{{.status = 200, .content_type = "application/json", .body = "{"}, kNotOtlp},
           Case{{.status = 400, .content_type = kProtobuf, .body = status},
                "refused: HTTP status 400: \"slow down\""},
           Case{{.status = 400, .content_type = kProtobuf, .body = "\xff"},
                "refused: HTTP status 400"},
           Case{{.status = 401, .content_type = "text/plain", .body = "who\nare you"},
                R"(refused: HTTP status 401: "who\x0aare you")"},
           Case{{.status = 404, .content_type = "text/html", .body = "<html>"},
                "refused: HTTP status 404"},
           Case{{.status = 301}, "refused: HTTP status 301; redirections are not followed"},
           Case{{.status = 500, .retry_after = "1"}, "refused: HTTP status 500"},
           Case{{.status = 501}, "refused: HTTP status 501"},
           Case{{.status = 505}, "refused: HTTP status 505"},
           Case{{.status = 429, .retry_after = "2"}, "retry after 2000 ms: HTTP status 429"},
           Case{{.status = 502}, "retry: HTTP status 502"},
           Case{{.status = 503, .retry_after = "Wed, 21 Oct 2026 07:28:00 GMT"},
                "retry: HTTP status 503"},
           Case{{.status = 503, .retry_after = "-1"}, "retry: HTTP status 503"},
           Case{{.status = 504, .retry_after = "18446744073709551615"},
                "retry after 86400000 ms: HTTP status 504"},
       }) {
    EXPECT_EQ(shown(read_http(c.answer)), c.expected);
  }
}

TEST(Answers, OverGrpc) {
  struct Case {
    wire::grpc::Status status;
    std::string message;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{{}, "", "accepted"},
           Case{{}, partial_success(3, "too old"), "accepted without 3: \"too old\""},
           Case{{}, "\xff", "refused: the answer is not OTLP's; is this address a collector's?"},
           Case{{Code::kInvalidArgument, "bad"}, "", "refused: INVALID_ARGUMENT: \"bad\""},
           Case{{Code::kUnauthenticated, ""}, "", "refused: UNAUTHENTICATED"},
           Case{{Code::kUnimplemented, ""}, "", "refused: UNIMPLEMENTED"},
           Case{{Code::kInternal, ""}, "", "refused: INTERNAL"},
           Case{{Code::kUnknown, ""}, "", "refused: UNKNOWN"},
           Case{{Code::kCancelled, ""}, "", "retry: CANCELLED"},
           Case{{Code::kDeadlineExceeded, ""}, "", "retry: DEADLINE_EXCEEDED"},
           Case{{Code::kAborted, ""}, "", "retry: ABORTED"},
           Case{{Code::kOutOfRange, ""}, "", "retry: OUT_OF_RANGE"},
           Case{{Code::kUnavailable, ""}, "", "retry: UNAVAILABLE"},
           Case{{Code::kDataLoss, ""}, "", "retry: DATA_LOSS"},
           Case{{Code::kResourceExhausted, ""}, "", "refused: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "", rpc_status("type.googleapis.com/x", "")},
                "",
                "refused: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "", "\xff"}, "", "refused: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "", retry_info(1, 500'000'000)},
                "",
                "retry after 1500 ms: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "", retry_info(1, 1'000'000'000)},
                "",
                "refused: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "", retry_info(static_cast<std::uint64_t>(-1), 0)},
                "",
                "refused: RESOURCE_EXHAUSTED"},
           Case{{Code::kResourceExhausted, "",
                 rpc_status("type.googleapis.com/google.rpc.RetryInfo", "")},
                "",
                "retry after 0 ms: RESOURCE_EXHAUSTED"},
           Case{{Code::kUnavailable, "", retry_info(2, 0)}, "", "retry after 2000 ms: UNAVAILABLE"},
       }) {
    EXPECT_EQ(shown(read_grpc(c.status, c.message)), c.expected);
  }
}

TEST(Answers, ALongTextIsCut) {
  const std::string text(100'000, 'x');
  EXPECT_LT(read_http({.status = 400, .content_type = "text/plain", .body = text}).text.size(),
            250U);
  EXPECT_LT(read_grpc({Code::kInternal, text}, "").text.size(), 250U);
}

}  // namespace
}  // namespace ofn::otlp
