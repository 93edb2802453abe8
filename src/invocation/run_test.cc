#include "invocation/run.h"

#include <pthread.h>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "testing/manual_clock.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

namespace app {
struct Odd {};
template <class T>
struct Wrapped : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Silent : std::exception {
  const char* what() const noexcept override { return nullptr; }
};
}  // namespace app

RunResult run(void (*invoke)(const abi::Call&, abi::Outcome&),
              Signature signature = Signature::kHttp) {
  const Function function{.name = "f", .signature = signature, .invoke = invoke};
  const Request request({});
  testing::ManualClock clock;
  Loop loop(clock);
  const FunctionContext context;
  NullLog log;
  const DeliveryOptions options;
  ContextHost host(loop, context, nullptr, nullptr, options, log);
  StreamHost stream(loop, [](const Response&) { return false; });
  const AwaitServices services;
  const StopState stop;
  TaskHost tasks(loop, host, stream, services, stop, [] { return HttpPortOptions(); }, [] {});
  abi::Call call{.request = &request};
  RunResult ran;
  EXPECT_TRUE(begin_run(function, call, {.stream = stream, .tasks = tasks}, ran));
  return ran;
}

TEST(RunFunction, VerdictOfAResponse) {
  const auto status = [](RunResult ran, Verdict verdict, int code) {
    EXPECT_EQ(ran.verdict, verdict);
    EXPECT_FALSE(ran.crash.has_value());
    EXPECT_EQ(ran.outcome.response.status(), code);
  };
  status(run([](auto&, auto& outcome) { outcome.response = "x"; }), Verdict::kSuccess, 200);
  status(run([](auto&, auto& outcome) { outcome.response.status(399); }), Verdict::kSuccess, 399);
  status(run([](auto&, auto& outcome) { outcome.response.status(400); }), Verdict::kError, 400);
  status(run([](auto&, auto& outcome) { outcome.response.status(503); }), Verdict::kError, 503);
}

TEST(RunFunction, WhateverIsThrownIsACrash) {
  const auto check = [](const RunResult& ran, const char* exception, const char* what) {
    EXPECT_EQ(ran.verdict, Verdict::kCrash);
    ASSERT_TRUE(ran.crash.has_value());
    EXPECT_THAT(ran.crash->exception, HasSubstr(exception));
    EXPECT_EQ(ran.crash->what, what);
  };
  check(run([](auto&, auto&) { throw std::runtime_error("boom"); }), "std::runtime_error", "boom");
  check(run([](auto&, auto&) { throw app::Wrapped<int>("w"); }), "app::Wrapped<int>", "w");
  check(run([](auto&, auto&) { throw app::Silent(); }), "app::Silent", "");
  check(run([](auto&, auto&) { throw app::Odd(); }), "app::Odd", "");
  check(run([](auto&, auto&) { throw 42; }), "int", "");
  check(run([](auto&, auto&) { throw "text"; }), "char const*", "");
  check(run([](auto&, auto&) { throw std::string("text"); }), "string", "");
  check(run([](auto&, auto&) { throw std::runtime_error("event"); }, Signature::kCloudEvent),
        "std::runtime_error", "event");
  // What was made before the throw is nobody's.
  const RunResult ran = run([](auto&, auto& outcome) {
    outcome.response = "half";
    throw 1;
  });
  EXPECT_EQ(ran.outcome.response.body(), "");
}

TEST(RunFunction, WhatCannotBeSentIsACrash) {
  const RunResult ran =
      run([](auto&, auto& outcome) { outcome.response.header("a", "b\r\nc: d"); });
  EXPECT_EQ(ran.verdict, Verdict::kCrash);
  EXPECT_EQ(ran.crash->exception, "");
  EXPECT_THAT(ran.crash->what, HasSubstr("invalid response: the value of the header 'a'"));
  EXPECT_EQ(run([](auto&, auto& outcome) { outcome.response.status(42); }).verdict,
            Verdict::kCrash);
}

TEST(RunFunction, AThreadsCancellationGoesOn) {
  pthread_t thread{};
  ASSERT_EQ(pthread_create(
                &thread, nullptr,
                [](void*) -> void* {
                  run([](auto&, auto&) {
                    pthread_cancel(pthread_self());
                    pthread_testcancel();
                  });
                  return nullptr;
                },
                nullptr),
            0);
  void* result = nullptr;
  pthread_join(thread, &result);
  EXPECT_EQ(result, PTHREAD_CANCELED);
}

}  // namespace
}  // namespace ofn
