// What the plain HTTP call allocates: counted, not timed. Clang's thread sanitizer has an operator new that none can replace.
#if !defined(OFN_THREAD_SANITIZER)

#include <chrono>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "invocation/invocation.h"
#include "testing/counted_allocations.h"
#include "testing/manual_clock.h"

namespace ofn {
namespace {

struct Last final : Caller {
  void answer(Answer answer) override {
    status = answer.response.status();
    fields = answer.extra.size();
  }
  void go_on() override {}
  void run_aside(Task task) override { task(); }
  void ended() override {}
  int status = 0;
  std::size_t fields = 0;
};

// The allocations of one call in the steady state: the first ones may fill what is kept.
std::size_t allocations_of(void (*invoke)(const abi::Call&, abi::Outcome&)) {
  testing::ManualClock clock;
  Loop loop(clock);
  NullLog log;
  const FunctionContext context;
  const CallEnvironment environment{
      .loop = loop, .context = context, .outputs = nullptr, .log = log};
  const Function function{.name = "f", .signature = Signature::kHttp, .invoke = invoke};
  const Field headers[] = {{"Host", "a"}, {"Accept", "*/*"}};
  Last last;
  Invocation invocation(environment, last);
  Request::Parts parts;
  parts.method = "GET";
  parts.target = "/";
  parts.headers = headers;
  constexpr std::size_t kCalls = 100;
  std::size_t allocations = 0;
  for (std::size_t call = 0; call < kCalls + 2; ++call) {
    clock.advance(std::chrono::milliseconds(1));
    parts.deadline = clock.now() + std::chrono::minutes(5);
    const std::size_t made = testing::allocations_of([&] {
      invocation.begin(function, Request::Parts(parts));
      invocation.run();
      invocation.finish();
    });
    if (call >= 2) allocations += made;
    EXPECT_EQ(last.status, 200);
    EXPECT_EQ(last.fields, 2U);
  }
  EXPECT_EQ(allocations % kCalls, 0U);
  return allocations / kCalls;
}

TEST(Allocation, ThePlainCallAllocatesOnlyWhatTheAuthorDoes) {
  EXPECT_EQ(allocations_of([](const abi::Call&, abi::Outcome& outcome) {
              outcome.response = "hello\n";  // short enough to live inside the string
            }),
            0U);
  EXPECT_EQ(allocations_of([](const abi::Call&, abi::Outcome& outcome) {
              outcome.response = Response(std::string(1000, 'x')).header("a", "b");
            }),
            2U);
}

}  // namespace
}  // namespace ofn

#endif
