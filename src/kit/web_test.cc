// The servers that functions ask over HTTP, as a test scripts them.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ofn/function.h>
#include <ofn/http_client.h>
#include <ofn/task.h>
#include <ofn/testing/gtest.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string text_of(const ofn::Reply<ofn::HttpReply>& reply) {
  if (!reply.ok()) return std::string(ofn::code_name(reply.failure().code));
  std::string text = std::to_string(reply->status) + " " + reply->body;
  for (const auto& [name, value] : reply->headers) text += " " + name + "=" + value;
  return text;
}

// Asks for the URL of the body, as the request's fields say.
ofn::task<std::string> asks(const ofn::Request& request) {
  ofn::HttpCall call(std::string(request.header("x-method").value_or("GET")),
                     std::string(request.body()));
  if (const auto body = request.header("x-body")) call.body(std::string(*body));
  if (const auto limit = request.header("x-limit"))
    call.max_answer(std::stoul(std::string(*limit)));
  if (const auto time = request.header("x-time"))
    call.timeout(std::chrono::milliseconds(std::stoi(std::string(*time))));
  if (const auto most = request.header("x-redirects"))
    call.redirects(static_cast<unsigned>(std::stoul(std::string(*most))));
  if (const auto secret = request.header("x-secret"))
    call.header("Authorization", std::string(*secret));
  const auto reply = co_await ofn::async_fetch(call);
  co_return text_of(reply);
}
ofn::task<std::string> ask_one(std::string url) {
  co_return text_of(co_await ofn::async_get(std::move(url)));
}
ofn::task<std::string> asks_both(const ofn::Request&) {
  const auto [one, two] = co_await ofn::when_all(ask_one("http://one/"), ask_one("http://two/"));
  co_return one + ", " + two;
}

Result ask(Program& program, std::string url, std::vector<ofn::Header> fields = {}) {
  return program.call({.method = "POST", .fields = std::move(fields), .body = std::move(url)});
}
std::vector<std::string> asked(const Web& web) {
  std::vector<std::string> all;
  for (const ofn::HttpCall& call : web.asked()) all.push_back(call.method() + " " + call.url());
  return all;
}

struct Row {
  const char* name;
  void (*script)(Web&);
  const char* url;
  std::vector<ofn::Header> fields;
  const char* text;
};
const Row kRows[] = {
    {"a body", [](Web& web) { web.answer("http://a/x", "yes"); }, "http://a/x", {}, "200 yes"},
    {"no path", [](Web& web) { web.answer("http://a", "yes"); }, "http://a/#part", {}, "200 yes"},
    {"no scheme", [](Web& web) { web.answer("http://a:80/x", "yes"); }, "a:80/x", {}, "200 yes"},
    {"status and field",
     [](Web& web) {
       web.answer("http://a/x", {.status = 404, .headers = {{"X", "1"}}, .body = "no"});
     },
     "http://a/x",
     {},
     "404 no X=1"},
    {"a method",
     [](Web& web) {
       web.answer("http://a/x", "any");
       web.answer("PUT http://a/x", "put");
     },
     "http://a/x",
     {{"x-method", "PUT"}},
     "200 put"},
    {"another method",
     [](Web& web) {
       web.answer("http://a/x", "any");
       web.answer("PUT http://a/x", "put");
     },
     "http://a/x",
     {},
     "200 any"},
    {"HEAD",
     [](Web& web) { web.answer("http://a/x", "yes"); },
     "http://a/x",
     {{"x-method", "HEAD"}},
     "200 "},
    {"the longest",
     [](Web& web) {
       web.answer("http://a/*", "short");
       web.answer("http://a/x*", "long");
     },
     "http://a/x?y=1",
     {},
     "200 long"},
    {"the exact one",
     [](Web& web) {
       web.answer("http://a/*", "short");
       web.answer("http://a/x", "exact");
     },
     "http://a/x",
     {},
     "200 exact"},
    {"by the request",
     [](Web& web) {
       web.answer("http://a/*", [](const ofn::HttpCall& call) {
         return WebAnswer{.body = call.method() + *call.body()};
       });
     },
     "http://a/x",
     {{"x-method", "PUT"}, {"x-body", "tea"}},
     "200 PUTtea"},
    {"unreachable",
     [](Web& web) { web.fail("http://a/x", WebFault::kUnreachable); },
     "http://a/x",
     {},
     "UNAVAILABLE"},
    {"broken",
     [](Web& web) { web.fail("http://a/x", WebFault::kBroken); },
     "http://a/x",
     {},
     "UNKNOWN"},
    {"a certificate",
     [](Web& web) { web.fail("https://a/x", WebFault::kBadCertificate); },
     "https://a/x",
     {},
     "FAILED_PRECONDITION"},
    {"a code",
     [](Web& web) { web.fail("http://a/x", ofn::Code::kAborted); },
     "http://a/x",
     {},
     "ABORTED"},
    {"late",
     [](Web& web) { web.fail("http://a/x", WebFault::kLate); },
     "http://a/x",
     {{"x-time", "2000"}},
     "DEADLINE_EXCEEDED"},
    {"after its time",
     [](Web& web) { web.answer("http://a/x", {.body = "yes", .after = 3s}); },
     "http://a/x",
     {{"x-time", "2000"}},
     "DEADLINE_EXCEEDED"},
    {"within its time",
     [](Web& web) { web.answer("http://a/x", {.body = "yes", .after = 1s}); },
     "http://a/x",
     {{"x-time", "2000"}},
     "200 yes"},
    {"too large",
     [](Web& web) { web.answer("http://a/x", "0123456789"); },
     "http://a/x",
     {{"x-limit", "9"}},
     "RESOURCE_EXHAUSTED"},
    {"a file", [](Web&) {}, "file:///etc/passwd", {}, "INVALID_ARGUMENT"},
    {"nothing", [](Web&) {}, "", {}, "INVALID_ARGUMENT"},
    {"a method that is none", [](Web&) {}, "http://a/x", {{"x-method", "A B"}}, "INVALID_ARGUMENT"},
    {"a redirect",
     [](Web& web) { web.answer("http://a/x", {.status = 302, .headers = {{"Location", "y"}}}); },
     "http://a/x",
     {},
     "302  Location=y"},
    {"a redirect that is followed",
     [](Web& web) {
       web.answer("http://a/x", {.status = 302, .headers = {{"Location", "/y"}}});
       web.answer("http://a/y", "there");
     },
     "http://a/x",
     {{"x-redirects", "1"}},
     "200 there"},
    {"too many redirects",
     [](Web& web) {
       web.answer("http://a/x", {.status = 302, .headers = {{"Location", "http://a/x"}}});
     },
     "http://a/x",
     {{"x-redirects", "3"}},
     "FAILED_PRECONDITION"},
};

TEST(Web, AnswersAsTheTestSays) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.name);
    Program program = Program::of<asks>();
    row.script(program.web());
    EXPECT_THAT(ask(program, row.url, row.fields), HasBody(row.text));
  }
}

TEST(Web, FailsForAWhile) {
  Program program = Program::of<asks>();
  program.web().answer("http://a/x", "yes");
  program.web().fail("http://a/x", WebFault::kUnreachable, {.after = 1, .times = 2});
  std::string all;
  for (int i = 0; i < 4; ++i) all += ask(program, "http://a/x").body + " ";
  EXPECT_EQ(all, "200 yes UNAVAILABLE UNAVAILABLE 200 yes ");
  program.web().fail("http://a/x", WebFault::kBroken);
  EXPECT_THAT(ask(program, "http://a/x"), HasBody("UNKNOWN"));
  program.web().answer("http://a/x", "again");
  EXPECT_THAT(ask(program, "http://a/x"), HasBody("200 again"));
}

TEST(Web, KeepsWhatWasAsked) {
  Program program = Program::of<asks>();
  program.web().answer("http://a/x", {.status = 303, .headers = {{"Location", "http://b/y"}}});
  program.web().answer("http://b/y", "there");
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_THAT(ask(program, "http://a/x",
                  {{"x-method", "POST"},
                   {"x-body", "tea"},
                   {"x-redirects", "1"},
                   {"x-secret", "s"},
                   {"traceparent", trace},
                   {"x-request-id", "id-1"}}),
              HasBody("200 there"));
  EXPECT_THAT(asked(program.web()), ElementsAre("POST http://a/x", "GET http://b/y"));
  const ofn::HttpCall& first = program.web().asked().front();
  EXPECT_EQ(first.body(), "tea");
  std::string fields;
  for (const auto& [name, value] : first.headers()) fields += name + "=" + value + ";";
  EXPECT_EQ(fields, "Authorization=s;X-Request-Id=id-1;traceparent=" + trace + ";");
  EXPECT_EQ(program.web().asked().back().body(), std::nullopt);
  EXPECT_EQ(program.web().asked().back().headers().size(), 2U)
      << "the secret stays with its server";
}

TEST(Web, TakesTheProgramsTime) {
  Program program = Program::of<asks_both>();
  program.web().answer("http://one/", {.body = "1", .after = 2s});
  program.web().answer("http://two/", {.body = "2", .after = 3s});
  Running call = program.start({});
  program.advance(2999ms);
  EXPECT_FALSE(call.has_ended());
  program.advance(1ms);
  EXPECT_THAT(call.result(), HasBody("200 1, 200 2"));
  Running left = program.start({});
  left.leave();
  program.advance(10s);
  EXPECT_TRUE(left.has_ended());
}

TEST(Web, FailsTheTestForAnUnknownRequest) {
  const auto words = [](Program& program, const std::string& url) -> std::string {
    try {
      (void)ask(program, url);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  Program program = Program::of<asks>();
  EXPECT_EQ(words(program, "http://shop/tea"),
            "the function asked for GET http://shop/tea, and the test does not say what that "
            "answers; write "
            "program.web().answer(\"http://shop/tea\", …) before the call");
  program.web().answer("http://shop/teas", "4");
  EXPECT_THAT(words(program, "http://shop/tea"), HasSubstr("did you mean \"http://shop/teas\"?"));
  EXPECT_THAT(words(program, "https://other.example/"),
              HasSubstr("the test has answers for: \"http://shop/teas\""));
  // The next call is not blamed for it.
  EXPECT_THAT(ask(program, "http://shop/teas"), HasBody("200 4"));
  EXPECT_THROW(program.web().answer("/tea", "4"), std::runtime_error);
  EXPECT_THROW(program.web().fail("GET shop/tea", WebFault::kLate), std::runtime_error);
}

}  // namespace
