// Middleware around calls: what runs before and after functions of each signature, and what becomes of bodies and answers.
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/errors.h>
#include <ofn/middleware.h>

#include "gzip/gzip.h"
#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> g_trail;                        // NOLINT
std::function<std::optional<Response>()> g_before;       // NOLINT
std::function<void(const Request&, Response&)> g_after;  // NOLINT

std::optional<Response> before(const Request& request) {
  g_trail.push_back("before " + std::string(request.target()));
  return g_before ? g_before() : std::nullopt;
}
std::optional<Response> before_in_context(Context& context, const Request& request) {
  g_trail.push_back(
      "context " + std::string(context.request()->target() == request.target() ? "same" : "other"));
  return std::nullopt;
}
void after(const Request& request, Response& response) {
  g_trail.push_back("after " + std::to_string(response.status()));
  if (g_after) g_after(request, response);
}
void stamp(const Request&, Response& response) { response.header("Stamp", "s"); }

constexpr Compression kCompression{.least = 64};
constexpr Decompression kDecompression;
constexpr Etags kEtags;

constexpr abi::WrapperRegistration placed(abi::WrapperRegistration registration,
                                          std::uint32_t line) {
  return internal::placed(registration, "f", "a.cc", line);
}

// A stage with these pieces around its functions.
struct Around {
  explicit Around(std::vector<abi::WrapperRegistration> all,
                  FunctionContext context = context_with(Runtime::kKnative, both()))
      : registrations(std::move(all)), stage(std::move(context)) {
    for (const auto& each : registrations) entries.push_back(&each);
    abi::Program program;
    program.wrappers_begin = entries.data();
    program.wrappers_end = entries.data() + entries.size();
    middleware = *Middleware::of({&program, 1}, {}, Middleware::Secrets::kRead);
    stage.environment.middleware = &middleware;
    g_trail.clear();
    g_before = nullptr;
    g_after = nullptr;
  }
  std::string verdict() { return stage.fields.at("X-OpenFunction-Status"); }
  std::string header(std::string_view name) {
    const std::string* value = stage.response->find_header(name);
    return value == nullptr ? "" : *value;
  }

  std::vector<abi::WrapperRegistration> registrations;
  std::vector<const abi::WrapperRegistration*> entries;
  Middleware middleware;
  Stage stage;
};

const Function kTells = http([](const abi::Call& call, abi::Outcome& outcome) {
  g_trail.emplace_back("function");
  outcome.response = Response(std::string(call.request->body()));
});

TEST(MiddlewareOfCalls, RunsInOrderAroundTheFunction) {
  Around around({placed(internal::after(after), 4), placed(internal::before(before_in_context), 3),
                 placed(internal::before(before), 2),
                 placed(internal::before("/other", before), 1)});
  around.stage.target = "/a?b";
  around.stage.call(kTells);
  EXPECT_THAT(g_trail, ElementsAre("before /a?b", "context same", "function", "after 200"));
  EXPECT_EQ(around.verdict(), "success");
  EXPECT_EQ(around.stage.sidecar.calls().size(), 2U);
}

TEST(MiddlewareOfCalls, RunsOnceForABatchAndNotForADelivery) {
  Around around({placed(internal::before(before), 1), placed(internal::after(after), 2)});
  around.stage.headers = {{"content-type", "application/cloudevents-batch+json"}};
  around.stage.body = R"([{"specversion":"1.0","id":"1","source":"/s","type":"t"},)"
                      R"({"specversion":"1.0","id":"2","source":"/s","type":"t"}])";
  around.stage.call(
      on_event([](const abi::Call&, abi::Outcome&) { g_trail.emplace_back("event"); }));
  EXPECT_THAT(g_trail, ElementsAre("before /", "event", "event", "after 200"));
  g_trail.clear();
  around.stage.headers.clear();
  around.stage.body = "no event";
  around.stage.call(on_event([](const abi::Call&, abi::Outcome&) {}));
  EXPECT_THAT(g_trail, ElementsAre("before /", "after 400"));
  g_trail.clear();
  const Trigger trigger{.name = "in"};
  around.stage.deliver(kTells, {.input = trigger, .data = "x"});
  EXPECT_THAT(g_trail, ElementsAre("function"));
}

TEST(MiddlewareOfCalls, BeforeMayAnswer) {
  struct Case {
    const char* name;
    std::function<std::optional<Response>()> before;
    int status;
    const char* body;
    const char* verdict;
  };
  for (const Case& one : {
           Case{"a refusal", [] { return Response("no").status(403); }, 403, "no", "error"},
           Case{"a success", [] { return Response("cached"); }, 200, "cached", "success"},
           Case{"an HttpError", []() -> std::optional<Response> { throw HttpError(429, "slow"); },
                429, "slow\n", "error"},
           Case{"a BadInput", []() -> std::optional<Response> { throw BadInput("bad"); }, 400,
                "bad\n", "error"},
           Case{"a crash", []() -> std::optional<Response> { throw std::logic_error("x"); }, 500,
                "The function crashed", "crash"},
           Case{"a response that cannot be sent", [] { return Response("no").header("a", "b\nc"); },
                500, "The function crashed", "crash"},
       }) {
    SCOPED_TRACE(one.name);
    Around around({placed(internal::before(before), 1), placed(internal::after(stamp), 2)});
    g_before = one.before;
    const std::vector<Function> functions = {
        kTells, on_event([](const abi::Call&, abi::Outcome&) { g_trail.emplace_back("function"); }),
        on_background([](const abi::Call&, abi::Outcome&) { g_trail.emplace_back("function"); })};
    for (const Function& function : functions) {
      g_trail.clear();
      around.stage.call(function);
      EXPECT_THAT(g_trail, ElementsAre("before /"));
      EXPECT_EQ(around.stage.status(), one.status);
      EXPECT_THAT(around.stage.response->body(), HasSubstr(one.body));
      EXPECT_EQ(around.verdict(), one.verdict);
      EXPECT_EQ(around.header("stamp"), "s");
      EXPECT_EQ(around.stage.sidecar.calls().size(), 0U);
    }
  }
}

TEST(MiddlewareOfCalls, AfterChangesWhatClientAndOutputsGet) {
  Around around({placed(internal::after(after), 1)});
  g_after = [](const Request&, Response& response) { response.header("a", "b").body("changed"); };
  around.stage.call(kTells);
  EXPECT_EQ(around.stage.response->body(), "changed");
  EXPECT_EQ(around.stage.sidecar.calls_to("c-files").at(0).data, "changed");
  around.stage.call(kThrow);
  EXPECT_EQ(around.stage.response->body(), "changed");
  EXPECT_EQ(around.stage.status(), 500);
  EXPECT_EQ(around.verdict(), "crash");
}

TEST(MiddlewareOfCalls, AfterMayFailTheCallAndNeverRescuesIt) {
  struct Case {
    const char* name;
    std::function<void(const Request&, Response&)> after;
    int status;
    const char* verdict;
  };
  for (const Case& one : {
           Case{"a status", [](const Request&, Response& response) { response.status(410); }, 410,
                "error"},
           Case{"an HttpError", [](const Request&, Response&) { throw HttpError(409); }, 409,
                "error"},
           Case{"a redirect", [](const Request&, Response&) { throw HttpError(303); }, 303,
                "success"},
           Case{"a crash", [](const Request&, Response&) { throw std::logic_error("x"); }, 500,
                "crash"},
           Case{"a field",
                [](const Request&, Response& response) { response.header("a", "b\r\nc: d"); }, 500,
                "crash"},
       }) {
    SCOPED_TRACE(one.name);
    Around around({placed(internal::after(after), 1), placed(internal::after(stamp), 2)});
    g_after = one.after;
    around.stage.call(kTells);
    EXPECT_EQ(around.stage.status(), one.status);
    EXPECT_EQ(around.verdict(), one.verdict);
    EXPECT_EQ(around.stage.sidecar.calls().size(), 0U);
    EXPECT_EQ(around.header("stamp"), "s");
  }
  Around around({placed(internal::after(after), 1)});
  g_after = [](const Request&, Response& response) { response.status(200); };
  around.stage.call(kRefuse);
  EXPECT_EQ(around.verdict(), "error");
  EXPECT_EQ(around.stage.sidecar.calls().size(), 0U);
}

std::string long_text() { return std::string(5000, 'x'); }
const Function kLong =
    http([](const abi::Call&, abi::Outcome& outcome) { outcome.response = long_text(); });

TEST(MiddlewareOfCalls, OutputsGetTheUncompressedData) {
  Around around(
      {{.kind = abi::WrapperKind::kCompression, .options = &kCompression, .name = "", .file = ""}});
  around.stage.headers = {{"accept-encoding", "gzip"}};
  around.stage.call(kLong);
  EXPECT_EQ(around.stage.sidecar.calls_to("c-files").at(0).data, long_text());
  EXPECT_EQ(around.header("content-encoding"), "gzip");
  EXPECT_EQ(decompress("gzip", around.stage.response->body(), 10000).value(), long_text());
  around.stage.headers = {};
  around.stage.call(kLong);
  EXPECT_EQ(around.stage.response->body(), long_text());
}

TEST(MiddlewareOfCalls, AConditionThatFailsSendsNothing) {
  Around around({{.kind = abi::WrapperKind::kEtags, .options = &kEtags, .name = "", .file = ""}});
  around.stage.method = "GET";
  around.stage.headers = {{"if-match", "\"x\""}};
  around.stage.call(kLong);
  EXPECT_EQ(around.stage.status(), 412);
  EXPECT_EQ(around.verdict(), "error");
  EXPECT_EQ(around.stage.sidecar.calls().size(), 0U);
  around.stage.headers = {{"if-none-match", "*"}};
  around.stage.call(kLong);
  EXPECT_EQ(around.stage.status(), 304);
  EXPECT_EQ(around.verdict(), "success");
  EXPECT_EQ(around.stage.sidecar.calls_to("c-files").at(0).data, long_text());
}

const Function kSees = http([](const abi::Call& call, abi::Outcome& outcome) {
  const Request& request = *call.request;
  outcome.response = std::string(request.body()) + "|" +
                     std::string(request.header("content-encoding").value_or("none")) + "|" +
                     std::string(request.header("x").value_or("none"));
});

TEST(MiddlewareOfCalls, BodiesAreDecompressed) {
  Around around({{.kind = abi::WrapperKind::kDecompression,
                  .options = &kDecompression,
                  .name = "",
                  .file = ""}});
  around.stage.environment.max_held = 1000;
  struct Case {
    const char* name;
    std::string coding;
    std::string body;
    int status;
    std::string answer;
  };
  const std::string small = gzip("small", 6);
  std::string says_less = gzip(std::string(100, 'x'), 6);
  says_less[says_less.size() - 4] = 5;
  for (const Case& one : {
           Case{"gzip", "gzip", small, 200, "small|none|y"},
           Case{"in capitals", "GZip", small, 200, "small|none|y"},
           Case{"as it is", "identity", "small", 200, "small|identity|y"},
           Case{"another", "br", small, 415, "the body's Content-Encoding is not supported"},
           Case{"two", "gzip, gzip", small, 415, "the body's Content-Encoding is not supported"},
           Case{"broken", "gzip", "xxxxxxxxxxxxxxxxxxxx", 400,
                "the body is not what its Content-Encoding says"},
           Case{"empty", "gzip", "", 200, "|gzip|y"},
           Case{"too large", "gzip", gzip(std::string(1001, 'x'), 6), 413,
                "larger than 1000 bytes"},
           Case{"just not", "gzip", gzip(std::string(1000, 'x'), 6), 200, std::string(1000, 'x')},
           Case{"several members", "gzip", gzip(std::string(500, 'x'), 6) + small, 200,
                std::string(500, 'x') + "small|none|y"},
           Case{"a small member behind a large one", "gzip",
                gzip(std::string(1000, 'x'), 6) + small, 413, "larger than 1000 bytes"},
           Case{"an end that says less", "gzip", says_less, 400,
                "the body has more bytes than its own end says"},
           Case{"a broken second member", "gzip", small + small.substr(0, small.size() - 1), 400,
                "the body is not what its Content-Encoding says"},
       }) {
    SCOPED_TRACE(one.name);
    around.stage.headers = {{"content-encoding", one.coding}, {"content-length", "1"}, {"x", "y"}};
    around.stage.body = one.body;
    around.stage.call(kSees);
    EXPECT_EQ(around.stage.status(), one.status);
    EXPECT_THAT(around.stage.response->body(), HasSubstr(one.answer));
    EXPECT_EQ(around.header("accept-encoding"), one.status == 415 ? "gzip, deflate" : "");
  }
  around.stage.headers = {{"content-encoding", "gzip"}, {"content-encoding", "gzip"}};
  around.stage.call(kSees);
  EXPECT_EQ(around.stage.status(), 415);
}

void writing(const Request&, Writer& writer) {
  writer.content_type("text/plain").write("first ");
  writer.write("second");
}

TEST(MiddlewareOfCalls, PiecesAreCompressedEachAndItsHeadIsStamped) {
  Around around(
      {{.kind = abi::WrapperKind::kCompression, .options = &kCompression, .name = "", .file = ""},
       placed(internal::after(stamp), 2)},
      context_with(Runtime::kKnative, {}));
  Sink sink;
  around.stage.sink = &sink;
  around.stage.headers = {{"accept-encoding", "gzip"}};
  around.stage.call(made<writing>());
  EXPECT_THAT(sink.log, Contains("Content-Encoding=gzip"));
  EXPECT_THAT(sink.log, Contains("Vary=Accept-Encoding"));
  EXPECT_THAT(sink.log, Contains("Stamp=s"));
  EXPECT_THAT(sink.log, Contains("finish"));
  EXPECT_EQ(decompress("gzip", sink.body, 1000).value(), "first second");

  Sink plain;
  around.stage.sink = &plain;
  around.stage.headers = {};
  around.stage.call(made<writing>());
  EXPECT_THAT(plain.log, Contains("Vary=Accept-Encoding"));
  EXPECT_EQ(plain.body, "first second");
}

TEST(MiddlewareOfCalls, AHeadThatAfterBreaksIsNotSent) {
  Around around({placed(internal::after(after), 1)}, context_with(Runtime::kKnative, {}));
  g_after = [](const Request&, Response& response) {
    if (response.status() == 200) throw std::logic_error("x");
  };
  Sink sink;
  around.stage.sink = &sink;
  around.stage.call(made<writing>());
  EXPECT_TRUE(sink.log.empty());
  EXPECT_EQ(around.stage.status(), 500);
}

}  // namespace
}  // namespace ofn
