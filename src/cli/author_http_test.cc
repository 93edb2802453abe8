// The requests of authors' tasks: what servers do, and what functions get. One table is for the client that serves and for the one of the
// test kit, whose servers are scripted, so that a test sees the codes of a program that serves.
#include "cli/author_http.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "kit/scripted_web.h"
#include "wire/blocking/canned_server_for_test.h"
#include "wire/memory_account.h"

namespace ofn::cli {
namespace {

using namespace std::chrono_literals;
using kit::ScriptedWeb;
using testing::WebAnswer;
using testing::WebFault;
using wire::blocking::CannedServer;

constexpr std::string_view kHost = "http://HOST";

struct Row {
  std::string name;
  std::vector<std::string> answers;  // of the server; it is gone if there is none
  std::function<void(ScriptedWeb&, const std::string& url)> script;
  HttpCall call;                   // HOST stands for the server
  std::string outcome;             // a status with the body, or a code
  std::vector<std::string> asked;  // what the server sees: "GET /x body"
};

std::string response(std::string_view head, std::string_view body) {
  return "HTTP/1.1 " + std::string(head) + "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}
ScriptedWeb::Answer always(WebAnswer answer) {
  return [answer = std::move(answer)](const HttpCall&) { return answer; };
}
auto answers(std::string path, WebAnswer answer) {
  return [path = std::move(path), answer = std::move(answer)](
             ScriptedWeb& web, const std::string& url) { web.answer(url + path, always(answer)); };
}
auto redirects(int status) {
  return [status](ScriptedWeb& web, const std::string& url) {
    web.answer(url + "/x", always({.status = status, .headers = {{"Location", "/y"}}}));
    web.answer(url + "/y", always({.body = "there"}));
  };
}
auto fails(WebFault fault) {
  return
      [fault](ScriptedWeb& web, const std::string& url) { web.fail(url + "*", {.fault = fault}); };
}
void nothing(ScriptedWeb& /*web*/, const std::string& /*url*/) {}

HttpCall with(std::string method, std::string_view url) {
  return {std::move(method), std::string(url)};
}
std::string at(std::string_view path) { return std::string(kHost).append(path); }
const std::string kThere = response("200 OK", "there");

std::string to_y(int status) {
  return response(std::to_string(status) + " Moved\r\nLocation: /y", "");
}

// A redirect that is followed: what is sent next, by status and method (RFC 9110 §15.4).
std::vector<Row> redirected_rows() {
  struct Followed {
    const char* method;
    const char* body;  // null: none
    std::vector<int> statuses;
    const char* next;
  };
  const Followed all[] = {
      {"GET", nullptr, {301, 302, 303, 307, 308}, "GET /y "},
      {"HEAD", nullptr, {301, 302, 303, 307, 308}, "HEAD /y "},
      {"POST", "tea", {301, 302, 303}, "GET /y "},
      {"POST", "tea", {307, 308}, "POST /y tea"},
      {"POST", nullptr, {301, 302, 303}, "GET /y "},
      {"POST", nullptr, {307, 308}, "POST /y "},
      {"PUT", "tea", {301, 302, 307, 308}, "PUT /y tea"},
      {"PUT", "tea", {303}, "GET /y "},
      {"PATCH", "tea", {301, 302, 307, 308}, "PATCH /y tea"},
      {"PATCH", "tea", {303}, "GET /y "},
      {"DELETE", nullptr, {301, 302, 307, 308}, "DELETE /y "},
      {"DELETE", nullptr, {303}, "GET /y "},
      {"GET", "tea", {301, 302, 307, 308}, "GET /y tea"},
      {"GET", "tea", {303}, "GET /y "},
  };
  std::vector<Row> rows;
  for (const Followed& each : all) {
    for (const int status : each.statuses) {
      HttpCall call = with(each.method, at("/x")).redirects(1);
      if (each.body != nullptr) call.body(each.body);
      const bool is_head = call.method() == "HEAD";
      const std::string name = std::string(each.method) + " " + std::to_string(status);
      rows.push_back({name,
                      {to_y(status), is_head ? response("200 OK", "") : kThere},
                      redirects(status),
                      call,
                      is_head ? "200 " : "200 there",
                      {call.method() + " /x " + call.body().value_or(""), each.next}});
    }
  }
  return rows;
}

std::vector<Row> rows() {
  std::vector<Row> all = redirected_rows();
  const std::vector<Row> others = {
      {"a body",
       {response("200 OK", "ok")},
       answers("/x", {.body = "ok"}),
       with("GET", at("/x")),
       "200 ok",
       {"GET /x "}},
      {"no path",
       {response("200 OK", "ok")},
       answers("", {.body = "ok"}),
       with("GET", kHost),
       "200 ok",
       {"GET / "}},
      {"a query and a fragment",
       {response("200 OK", "ok")},
       answers("/?a=1", {.body = "ok"}),
       with("GET", at("?a=1#b")),
       "200 ok",
       {"GET /?a=1 "}},
      {"a failure of the server",
       {response("503 Busy", "no")},
       answers("/x", {.status = 503, .body = "no"}),
       with("GET", at("/x")),
       "503 no",
       {"GET /x "}},
      {"data",
       {response("201 Made", "")},
       answers("/x", {.status = 201}),
       with("PUT", at("/x")).body("tea"),
       "201 ",
       {"PUT /x tea"}},
      {"HEAD",
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"},
       answers("/x", {.body = "ok"}),
       with("HEAD", at("/x")),
       "200 ",
       {"HEAD /x "}},
      {"a redirect", {to_y(302)}, redirects(302), with("GET", at("/x")), "302 ", {"GET /x "}},
      {"a redirect that is followed",
       {to_y(302), kThere},
       redirects(302),
       with("GET", at("/x")).redirects(1),
       "200 there",
       {"GET /x ", "GET /y "}},
      {"too many redirects",
       {to_y(302), to_y(302)},
       [](ScriptedWeb& web, const std::string& url) {
         web.answer(url + "/*", always({.status = 302, .headers = {{"Location", "/y"}}}));
       },
       with("GET", at("/x")).redirects(1),
       "FAILED_PRECONDITION",
       {"GET /x ", "GET /y "}},
      {"too large",
       {response("200 OK", "0123456789")},
       answers("/x", {.body = "0123456789"}),
       with("GET", at("/x")).max_answer(9),
       "RESOURCE_EXHAUSTED",
       {"GET /x "}},
      {"as large as it may be",
       {response("200 OK", "0123456789")},
       answers("/x", {.body = "0123456789"}),
       with("GET", at("/x")).max_answer(10),
       "200 0123456789",
       {"GET /x "}},
      {"broken",
       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n01"},
       fails(WebFault::kBroken),
       with("GET", at("/x")),
       "UNKNOWN",
       {"GET /x "}},
      {"unreachable", {}, fails(WebFault::kUnreachable), with("GET", at("/x")), "UNAVAILABLE", {}},
      {"late",
       {"", ""},
       fails(WebFault::kLate),
       with("GET", at("/x")).timeout(50ms),
       "DEADLINE_EXCEEDED",
       {"GET /x "}},
      {"no time", {""}, nothing, with("GET", at("/x")).timeout(0ms), "DEADLINE_EXCEEDED", {}},
      {"a file", {""}, nothing, with("GET", "file:///etc/passwd"), "INVALID_ARGUMENT", {}},
      {"no URL", {""}, nothing, with("GET", ""), "INVALID_ARGUMENT", {}},
      {"no host", {""}, nothing, with("GET", "http://"), "INVALID_ARGUMENT", {}},
      {"a blank", {""}, nothing, with("GET", at("/a b")), "INVALID_ARGUMENT", {}},
      {"no method", {""}, nothing, with("", at("/x")), "INVALID_ARGUMENT", {}},
      {"a field that is two",
       {""},
       nothing,
       with("GET", at("/x")).header("A", "1\r\nB: 2"),
       "INVALID_ARGUMENT",
       {}},
  };
  all.insert(all.end(), others.begin(), others.end());
  return all;
}

HttpCall sent_to(const HttpCall& call, const std::string& url) {
  std::string target = call.url();
  if (target.starts_with(kHost)) target.replace(0, kHost.size(), url);
  HttpCall made(call.method(), target);
  for (const auto& [name, value] : call.headers()) made.header(name, value);
  if (call.body()) made.body(*call.body());
  made.timeout(call.timeout()).max_answer(call.max_answer()).redirects(call.redirects());
  return made;
}

class AuthorHttpTest : public ::testing::Test {
 protected:
  std::string outcome(HttpPort& port, const HttpCall& call) {
    std::optional<Result<HttpReply>> got;
    auto begun = port.send(call, {.deadline = Deadline::in(30s, clock_)},
                           [&](Result<HttpReply> reply) { got = std::move(reply); });
    if (!begun) return std::string(code_name(begun.error().code()));
    EXPECT_FALSE(got) << "it answered inside of send()";
    loop_.run_until([&] { return got.has_value(); });
    if (!*got) return std::string(code_name(got->error().code()));
    return std::to_string((*got)->status) + " " + (*got)->body;
  }

  SystemClock clock_;
  Loop loop_{clock_};
  DescriptorWaits waits_{loop_};
  wire::MemoryAccount account_{std::size_t{1} << 20};
};

// "GET /x body" of a request on the wire.
std::string shown(const std::string& request) {
  const std::string line = request.substr(0, request.find(" HTTP/1.1"));
  return line + " " + request.substr(request.find("\r\n\r\n") + 4);
}

TEST_F(AuthorHttpTest, GetsWhatServersDo) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    CannedServer server(row.answers);
    if (row.answers.empty()) server.stop();
    AuthorHttp http(loop_, waits_, account_);
    EXPECT_EQ(outcome(http, sent_to(row.call, server.url)), row.outcome);
    server.stop();
    std::vector<std::string> asked;
    for (const std::string& request : server.requests) asked.push_back(shown(request));
    EXPECT_EQ(asked, row.asked);
  }
}

TEST_F(AuthorHttpTest, IsTheSameInTheTestKit) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    const std::string url = "http://shop.example";
    ScriptedWeb web(loop_);
    row.script(web, url);
    EXPECT_EQ(outcome(web, sent_to(row.call, url)), row.outcome);
    std::vector<std::string> asked;
    for (const HttpCall& call : web.asked())
      asked.push_back(call.method() + " " + call.url().substr(url.size()) + " " +
                      call.body().value_or(""));
    // The scripted client does not send what cannot arrive.
    if (row.outcome != "UNAVAILABLE") {
      EXPECT_EQ(asked, row.asked);
    }
    EXPECT_EQ(web.take_problem(), "");
  }
}

// A redirect without the body has none of its fields either.
TEST_F(AuthorHttpTest, FieldsOfABodyGoWithIt) {
  for (const int status : {303, 307}) {
    SCOPED_TRACE(status);
    const auto call = [&](const std::string& url) {
      return with("PUT", url + "/x")
          .body("tea")
          .header("Content-Type", "text/x")
          .header("A", "1")
          .redirects(1);
    };
    const bool is_kept = status == 307;
    CannedServer server({to_y(status), kThere});
    AuthorHttp http(loop_, waits_, account_);
    EXPECT_EQ(outcome(http, call(server.url)), "200 there");
    server.stop();
    ASSERT_EQ(server.requests.size(), 2U);
    EXPECT_EQ(server.requests[1].find("Content-Type: text/x") != std::string::npos, is_kept);
    EXPECT_NE(server.requests[1].find("A: 1"), std::string::npos);

    const std::string url = "http://shop.example";
    ScriptedWeb web(loop_);
    redirects(status)(web, url);
    EXPECT_EQ(outcome(web, call(url)), "200 there");
    ASSERT_EQ(web.asked().size(), 2U);
    const auto& fields = web.asked()[1].headers();
    EXPECT_EQ(std::ranges::count(fields, "Content-Type", &Header::name), is_kept ? 1 : 0);
    EXPECT_EQ(std::ranges::count(fields, "A", &Header::name), 1);
  }
}

}  // namespace
}  // namespace ofn::cli
