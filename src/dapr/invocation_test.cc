// Service invocation and jobs over real connections: what the handler gets, and what the sidecar
// gets.
#include "dapr/invocation.h"

#include <chrono>
#include <functional>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dapr/invoke_codec.h"
#include "dapr/trace_context.h"
#include "wire/grpc/channel.h"
#include "wire/http_sessions.h"
#include "wire/server.h"

namespace ofn::dapr {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr std::size_t kMost = 1000;  // of a target and of an answer

using Fields = std::multimap<std::string, std::string>;

// Records a request, and answers as the test says.
class FakeRequests final : public wire::Handler {
 public:
  void handle(wire::ExchangePtr exchange) override {
    const wire::Message& message = exchange->request();
    ++count;
    method = message.method;
    target = message.target;
    authority = message.authority;
    body = message.body;
    fields.clear();
    for (const Field& field : message.fields)
      fields.emplace(std::string(field.name), std::string(field.value));
    exchange->on_abandoned([this] { ++abandoned; });
    if (answer) return answer(std::move(exchange));
    kept = std::move(exchange);
  }

  std::function<void(wire::ExchangePtr)> answer = [](const wire::ExchangePtr& exchange) {
    exchange->respond(Response("done"));
  };
  wire::ExchangePtr kept;
  int count = 0;
  int abandoned = 0;
  std::string method, target, authority, body;
  Fields fields;
};

struct Reply {
  Code code = Code::kOk;
  std::string message{};
  std::string details{};
  std::string bytes{};
  Fields metadata{};
  InvokeReply answer() const { return *decode_invoke_reply(bytes); }
};

class InvocationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto add = [this](std::string_view path, auto answer) {
      server_.add(std::string(path), [this, answer](std::unique_ptr<wire::grpc::ServerCall> call) {
        answer(std::move(call), requests_, InvocationLimits{.target = kMost, .answer = kMost});
      });
    };
    add(kOnInvoke, &answer_invocation);
    add(kOnJobEvent, &answer_job);
    sessions_ = std::make_unique<wire::HttpSessions>(server_, limits_, log_);
    listener_ = std::make_unique<wire::Server>(
        loops_, [this](Loop&) { return sessions_->make(); }, limits_, log_);
    channel_ = std::make_unique<wire::grpc::Channel>(
        loop_,
        wire::grpc::connector_to(
            loop_, *listener_->listen({.host = "127.0.0.1", .port = 0, .unix_path = ""}), limits_),
        wire::grpc::ChannelOptions{});
  }
  void TearDown() override {
    requests_.kept.reset();
    bool closed = false;
    channel_->close([&] { closed = true; });
    run_until([&] { return closed; });
    bool drained = false;
    listener_->drain([&] { drained = true; });
    run_until([&] { return drained; });
  }
  void run_until(const std::function<bool()>& done) {
    while (!done()) loop_.poll();
  }
  Reply call(std::string_view path, std::string_view request, std::vector<Field> metadata = {},
             Deadline deadline = Deadline::never()) {
    std::optional<Reply> reply;
    channel_->call(path, request, {.deadline = deadline, .metadata = metadata},
                   [&](const wire::grpc::CallResult& result) {
                     reply = Reply{.code = result.status.code,
                                   .message = result.status.message,
                                   .details = result.status.details,
                                   .bytes = std::string(result.message)};
                     for (const auto& all : {result.initial_metadata, result.trailing_metadata}) {
                       for (const Field& field : all) {
                         const bool is_protocols =
                             field.name == "content-type" || field.name.starts_with("grpc-");
                         if (!is_protocols) reply->metadata.emplace(field.name, field.value);
                       }
                     }
                   });
    run_until([&] { return reply.has_value(); });
    return *std::move(reply);
  }
  Reply invoke(const InvokeService& call_of_it, std::vector<Field> metadata = {}) {
    return call(kOnInvoke, *encode_on_invoke(call_of_it), std::move(metadata));
  }
  Reply job(const JobEvent& event) { return call(kOnJobEvent, *encode(event)); }

  SystemClock clock_;
  Loop loop_{clock_};
  std::vector<Loop*> loops_ = {&loop_};
  wire::Limits limits_;
  NullLog log_;
  FakeRequests requests_;
  wire::grpc::Server server_{{}};
  std::unique_ptr<wire::HttpSessions> sessions_;
  std::unique_ptr<wire::Server> listener_;
  std::unique_ptr<wire::grpc::Channel> channel_;
};

TEST_F(InvocationTest, TheMethodBecomesATarget) {
  struct Case {
    std::string method;
    std::string query;
    std::string target;  // empty: refused
  };
  for (const Case& c : {
           Case{"orders/7", "", "/orders/7"},
           Case{"/orders", "", "/orders"},
           Case{"//orders", "", "//orders"},
           Case{"", "", "/"},
           Case{"a", "x=1&y=%20", "/a?x=1&y=%20"},
           Case{"a?z=0", "x=1", "/a?z=0&x=1"},
           Case{"a?", "x=1", "/a?x=1"},
           Case{"a?", "", "/a"},
           Case{"a?b?c", "", "/a?b?c"},
           Case{"../../etc/passwd", "", "/../../etc/passwd"},
           Case{"a b/é", "q=\" #é", "/a%20b/%C3%A9?q=%22%20%23%C3%A9"},
           Case{"%41/%4/%", "", "/%41/%254/%25"},
           Case{"a#b", "", "/a%23b"},
           Case{"a\\b\"<>^`{|}", "", "/a%5Cb%22%3C%3E%5E%60%7B%7C%7D"},
           Case{"dapr.proto.X/Y", "", "/dapr.proto.X/Y"},
           Case{std::string("a\0b", 3), "", ""},
           Case{"a\r\nx: y", "", ""},
           Case{"a\x7f", "", ""},
           Case{"a", "b\n", ""},
           Case{std::string(kMost - 1, 'x'), "", "/" + std::string(kMost - 1, 'x')},
           Case{std::string(kMost, 'x'), "", ""},
       }) {
    requests_.count = 0;
    const Reply reply = invoke({.method = c.method, .query = c.query});
    EXPECT_EQ(reply.code, c.target.empty() ? Code::kInvalidArgument : Code::kOk) << c.method;
    EXPECT_EQ(requests_.count, c.target.empty() ? 0 : 1) << c.method;
    if (!c.target.empty()) {
      EXPECT_EQ(requests_.target, c.target);
    }
  }
}

TEST_F(InvocationTest, TheVerbBecomesTheMethod) {
  struct Case {
    std::string_view verb;
    std::string_view method;  // empty: refused
  };
  for (const Case& c :
       {Case{"", "POST"}, Case{"GET", "GET"}, Case{"HEAD", "HEAD"}, Case{"POST", "POST"},
        Case{"PUT", "PUT"}, Case{"DELETE", "DELETE"}, Case{"OPTIONS", "OPTIONS"},
        Case{"TRACE", "TRACE"}, Case{"PATCH", "PATCH"}, Case{"CONNECT", ""}}) {
    const Reply reply = invoke({.method = "m", .verb = std::string(c.verb)});
    EXPECT_EQ(reply.code, c.method.empty() ? Code::kInvalidArgument : Code::kOk) << c.verb;
    if (!c.method.empty()) {
      EXPECT_EQ(requests_.method, c.method);
    }
  }
}

TEST_F(InvocationTest, MetadataBecomesFields) {
  const std::string data("\0\xff", 2);
  const std::string trace = *trace_bin(kTrace);
  const Reply reply = invoke({.method = "m", .data = data, .content_type = "a/b"},
                             {{"x-own", "1"},
                              {"x-own", "2"},
                              {"dapr-caller-app-id", "shop"},
                              {"dapr-accept", "text/plain"},
                              {"dapr-host", "shop.example"},
                              {"dapr-cookie", "a=b"},
                              {"dapr-content-length", "7"},
                              {"dapr-transfer-encoding", "chunked"},
                              {"dapr-api-token", "secret"},
                              {"authorization", "Bearer t"},
                              {"some-bin", "\x01\x02"},
                              {"grpc-trace-bin", trace}});
  EXPECT_EQ(reply.code, Code::kOk);
  EXPECT_EQ(reply.answer().data, "done");
  EXPECT_EQ(requests_.body, data);
  EXPECT_EQ(requests_.authority, "shop.example");
  const Fields expected = {{"x-own", "1"},
                           {"x-own", "2"},
                           {"dapr-caller-app-id", "shop"},
                           {"accept", "text/plain"},
                           {"host", "shop.example"},
                           {"cookie", "a=b"},
                           {"authorization", "Bearer t"},
                           {"content-type", "a/b"},
                           {"traceparent", std::string(kTrace)}};
  EXPECT_EQ(requests_.fields, expected);

  invoke({.method = "m"}, {{"traceparent", "given"}, {"grpc-trace-bin", trace}});
  EXPECT_EQ(requests_.fields, (Fields{{"traceparent", "given"}}));
}

TEST_F(InvocationTest, AnAnswerBelow400IsASuccess) {
  struct Case {
    std::string_view name;
    Response response;
    std::string verb;
    std::string body;
    Fields metadata;
  };
  for (const Case& c : {
           Case{"bytes",
                Response(std::string("\0\xff", 2)).content_type("a/b"),
                "",
                std::string("\0\xff", 2),
                {}},
           Case{"fields",
                Response("x")
                    .header("X-Own", "1")
                    .header("Connection", "close")
                    .header("bad name", "1")
                    .header("X-Late", "é"),
                "",
                "x",
                {{"x-own", "1"}}},
           Case{"another status",
                Response("x").status(201).header("Location", "/7"),
                "",
                "x",
                {{"location", "/7"}, {"ofn-http-status", "201"}}},
           Case{"a status without a body",
                Response("x").status(204),
                "",
                "",
                {{"ofn-http-status", "204"}}},
           Case{"HEAD", Response("x"), "HEAD", "", {}},
           Case{"too many fields",
                Response("x").header("x-a", std::string(8000, 'a')).header("x-b", "1"),
                "",
                "x",
                {{"x-b", "1"}}},
       }) {
    requests_.answer = [&](const wire::ExchangePtr& exchange) {
      exchange->respond(Response(c.response), {});
    };
    const Reply reply = invoke({.method = "m", .verb = c.verb});
    EXPECT_EQ(reply.code, Code::kOk) << c.name;
    EXPECT_EQ(reply.answer().data, c.body) << c.name;
    EXPECT_EQ(reply.metadata, c.metadata) << c.name;
    const std::string* type = c.response.find_header("content-type");
    EXPECT_EQ(reply.answer().content_type, type == nullptr ? "" : *type) << c.name;
  }
}

TEST_F(InvocationTest, AnAnswerFrom400OnIsAFailure) {
  struct Case {
    int status;
    Code code;
    Code job;
  };
  for (const Case& c :
       {Case{400, Code::kInvalidArgument, Code::kInvalidArgument},
        Case{401, Code::kUnauthenticated, Code::kUnauthenticated},
        Case{403, Code::kPermissionDenied, Code::kPermissionDenied},
        Case{404, Code::kNotFound, Code::kFailedPrecondition},
        Case{405, Code::kFailedPrecondition, Code::kFailedPrecondition},
        Case{408, Code::kCancelled, Code::kCancelled}, Case{409, Code::kAborted, Code::kAborted},
        Case{429, Code::kResourceExhausted, Code::kResourceExhausted},
        Case{500, Code::kInternal, Code::kInternal},
        Case{501, Code::kUnimplemented, Code::kInternal},
        Case{502, Code::kInternal, Code::kInternal},
        Case{503, Code::kUnavailable, Code::kUnavailable},
        Case{504, Code::kDeadlineExceeded, Code::kDeadlineExceeded}}) {
    requests_.answer = [&](const wire::ExchangePtr& exchange) {
      exchange->respond(Response("no such order: é\n").status(c.status).header("x-own", "1"));
    };
    const Reply reply = invoke({.method = "m"});
    EXPECT_EQ(reply.code, c.code) << c.status;
    EXPECT_EQ(reply.message, "no such order: é");
    EXPECT_THAT(reply.details, HasSubstr(std::to_string(c.status)));
    EXPECT_THAT(reply.details, HasSubstr("no such order"));
    EXPECT_EQ(reply.metadata.count("x-own"), 1U);
    EXPECT_EQ(job({.name = "j"}).code, c.job) << c.status;
  }
}

TEST_F(InvocationTest, AFailureWithoutATextHasAName) {
  for (const std::string& body : {std::string(), std::string("\xff\xfe")}) {
    requests_.answer = [&](const wire::ExchangePtr& exchange) {
      exchange->respond(Response(body).status(503));
    };
    EXPECT_EQ(invoke({.method = "m"}).message, "Service Unavailable");
  }
  requests_.answer = [](const wire::ExchangePtr& exchange) {
    exchange->respond(Response(std::string(499, 'x') + "é" + std::string(9000, 'y')).status(500));
  };
  EXPECT_EQ(invoke({.method = "m"}).message, std::string(499, 'x')) << "no character is cut in two";
}

TEST_F(InvocationTest, AnAnswerInPiecesIsOneMessage) {
  requests_.answer = [](const wire::ExchangePtr& exchange) {
    exchange->begin(Response().content_type("text/plain"), {}, [] {});
    exchange->write("a");
    exchange->write("b");
    exchange->finish({});
  };
  const Reply reply = invoke({.method = "m"});
  EXPECT_EQ(reply.answer().data, "ab");
  EXPECT_EQ(reply.answer().content_type, "text/plain");

  requests_.answer = [](const wire::ExchangePtr& exchange) {
    exchange->begin(Response(), {}, [] {});
    exchange->write("a");
    exchange->abort();
  };
  EXPECT_EQ(invoke({.method = "m"}).code, Code::kInternal);
  requests_.answer = [](const wire::ExchangePtr&) {};  // released without an answer
  EXPECT_EQ(invoke({.method = "m"}).code, Code::kInternal);
}

TEST_F(InvocationTest, AnAnswerThatDoesNotEndIsStopped) {
  requests_.answer = [this](wire::ExchangePtr exchange) {
    exchange->begin(Response(), {}, [] {});
    for (int i = 0; i < 3; ++i) exchange->write(std::string(kMost / 2 + 1, 'x'));
    requests_.kept = std::move(exchange);
  };
  EXPECT_EQ(invoke({.method = "m"}).code, Code::kResourceExhausted);
  run_until([&] { return requests_.abandoned == 1; });
  EXPECT_TRUE(requests_.kept->abandoned());
  requests_.kept->finish({});  // does nothing
}

TEST_F(InvocationTest, TheDeadlineOfTheCallIsHeard) {
  requests_.answer = nullptr;
  EXPECT_EQ(
      call(kOnInvoke, *encode_on_invoke({.method = "m"}), {}, Deadline::in(20ms, clock_)).code,
      Code::kDeadlineExceeded);
  run_until([&] { return requests_.abandoned == 1; });
  requests_.kept->respond(Response("late"));
}

TEST_F(InvocationTest, AJobIsAPostToItsName) {
  struct Case {
    std::string name;
    std::string target;  // empty: refused
  };
  for (const Case& c : {
           Case{"nightly", "/job/nightly"},
           Case{"/nightly", "/job/nightly"},
           Case{"a b?c#d", "/job/a%20b%3Fc%23d"},
           Case{"a/b", "/job/a/b"},
           Case{std::string("a\0", 2), ""},
       }) {
    const std::string data("\0 {", 3);
    requests_.count = 0;
    const Reply reply = job({.name = c.name, .data = data});
    EXPECT_EQ(reply.code, c.target.empty() ? Code::kInvalidArgument : Code::kOk) << c.name;
    EXPECT_EQ(reply.bytes, "");
    if (c.target.empty()) {
      EXPECT_EQ(requests_.count, 0);
      continue;
    }
    EXPECT_EQ(requests_.method, "POST");
    EXPECT_EQ(requests_.target, c.target);
    EXPECT_EQ(requests_.body, data);
    EXPECT_EQ(requests_.fields, (Fields{{"content-type", "application/json"}}));
  }
}

TEST_F(InvocationTest, WhatIsNotProtobufIsRefused) {
  EXPECT_EQ(call(kOnInvoke, "\xff\xff").code, Code::kInternal);
  EXPECT_EQ(call(kOnJobEvent, "\xff\xff").code, Code::kInternal);
  EXPECT_EQ(requests_.count, 0);
}

}  // namespace
}  // namespace ofn::dapr
