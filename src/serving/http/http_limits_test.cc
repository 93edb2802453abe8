// The limits of a route (<ofn/route.h>), and probes that ask the author's checks.
#include <latch>
#include <semaphore>

#include <gtest/gtest.h>

#include <ofn/life.h>
#include <ofn/route.h>

#include "life/readiness.h"
#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using wire::FakeAnswer;

// A program with these routes of one function.
struct LimitsTest : HttpServiceTest {
  struct Limited {
    const char* route;
    abi::RouteOptions options;
  };
  void make_limited(std::vector<Limited> limited, std::size_t concurrency = 8,
                    std::size_t queue = 8) {
    limited_ = std::move(limited);
    Function function = hello();
    for (std::size_t i = 0; i < limited_.size(); ++i) {
      function.routes.push_back({limited_[i].route, "a.cc:" + std::to_string(i + 1)});
      registrations_.push_back({.name = "hello, ofn::concurrency(1)",
                                .invoke = function.invoke,
                                .file = "a.cc",
                                .line = static_cast<unsigned>(i + 1),
                                .route = limited_[i].route,
                                .options = &limited_[i].options});
    }
    for (const auto& each : registrations_) entries_.push_back(&each);
    abi::Program program;
    program.begin = entries_.data();
    program.end = entries_.data() + entries_.size();
    gate_ = std::make_unique<Gate>(concurrency, queue);
    routes_ = Routes::of({function}).value();
    routes_.take_options({&program, 1});
    service_ = std::make_unique<HttpService>(routes_, *gate_, workers_, log_, 10s, queue);
    on_loop_ = std::make_unique<HttpService::OnLoop>(*service_, environment_);
  }
  // The first call says that it runs, and waits.
  void hold_first() {
    g_inside = [this] {
      if (g_calls != 1) return;
      entered_.count_down();
      go_.acquire();
    };
  }
  bool is_empty() {
    is_empty_ = false;
    service_->when_empty(loop_, [this] { is_empty_ = true; });
    testing::settle(loop_);
    return is_empty_;
  }

  bool is_empty_ = false;
  std::vector<Limited> limited_;
  std::deque<abi::Registration> registrations_;
  std::vector<const abi::Registration*> entries_;
  std::latch entered_{1};
  std::binary_semaphore go_{0};
};

TEST_F(LimitsTest, AFullRouteLetsOthersGoOn) {
  make_limited({{"/one", {.concurrency = 1, .queue = 1}}, {"/other", {}}});
  hold_first();
  FakeAnswer first, second, third, other;
  send(first, "/one");
  loop_.poll();
  entered_.wait();
  send(second, "/one");
  send(third, "/one");
  testing::settle(loop_);
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.fields["retry-after"], "1");
  EXPECT_EQ(second.count, 0);
  EXPECT_EQ(service_->waiting(), 1U);
  EXPECT_EQ(gate_->in_use(), 1U) << "a call that waits for its route takes no slot";
  send(other, "/other");
  until([&] { return other.released; });
  EXPECT_EQ(other.status, 200);
  EXPECT_FALSE(is_empty());
  go_.release();
  until([&] { return second.released; });
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(service_->waiting(), 0U);
  EXPECT_TRUE(is_empty());
}

TEST_F(LimitsTest, WithoutAQueueOfItsOwnTheProgramsCounts) {
  make_limited({{"/one", {.concurrency = 1}}}, 8, 2);
  hold_first();
  FakeAnswer answers[4];
  send(answers[0], "/one");
  loop_.poll();
  entered_.wait();
  for (int i = 1; i < 4; ++i) send(answers[i], "/one");
  testing::settle(loop_);
  EXPECT_EQ(answers[3].status, 503);
  EXPECT_EQ(service_->waiting(), 2U);
  go_.release();
  until([&] { return answers[1].released && answers[2].released; });
  EXPECT_EQ(answers[2].status, 200);
}

TEST_F(LimitsTest, AClientThatLeavesGivesItsPlaceBack) {
  make_limited({{"/one", {.concurrency = 1, .queue = 1}}});
  hold_first();
  FakeAnswer first, second, third;
  send(first, "/one");
  loop_.poll();
  entered_.wait();
  send(second, "/one")->abandon();
  testing::settle(loop_);
  EXPECT_TRUE(second.released);
  EXPECT_EQ(service_->waiting(), 0U);
  send(third, "/one");
  go_.release();
  until([&] { return third.released; });
  EXPECT_EQ(third.status, 200);
  EXPECT_EQ(g_calls, 2);
}

TEST_F(LimitsTest, ACallThatWaitsForItsRouteMayBeTooLate) {
  make_limited({{"/one", {.concurrency = 1, .timeout_nanoseconds = 1'000'000'000}}});
  hold_first();
  FakeAnswer first, second, third;
  send(first, "/one");
  loop_.poll();
  entered_.wait();
  send(second, "/one");
  clock_.advance(2s);
  testing::settle(loop_);
  EXPECT_EQ(first.status, 504) << "the route's own limit is shorter than the program's";
  EXPECT_EQ(second.status, 504);
  go_.release();
  until([&] { return second.released && first.released; });
  EXPECT_EQ(g_calls, 1);
  send(third, "/one");
  until([&] { return third.released; });
  EXPECT_EQ(third.status, 200);
  EXPECT_TRUE(is_empty());
}

TEST_F(LimitsTest, TheProgramsTimeoutCountsIfItIsShorter) {
  make_limited({{"/one", {.timeout_nanoseconds = 3'600'000'000'000}}});
  hold_first();
  FakeAnswer first;
  send(first, "/one");
  loop_.poll();
  entered_.wait();
  clock_.advance(11s);
  testing::settle(loop_);
  EXPECT_EQ(first.status, 504);
  go_.release();
  until([&] { return first.released; });
}

TEST_F(LimitsTest, ABodyOfItsOwn) {
  make_limited({{"/small", {.max_body = 4}}, {"/other", {}}});
  const auto post = [&](FakeAnswer& answer, const char* target, std::string_view body) {
    auto* exchange = new wire::FakeExchange(
        loop_, answer, {.method = "POST", .target = target, .body = std::string(body)});
    on_loop_->handle(wire::ExchangePtr(exchange));
    until([&] { return answer.released; });
  };
  FakeAnswer fits, large, other;
  post(fits, "/small", "1234");
  post(large, "/small", "12345");
  post(other, "/other", "12345");
  EXPECT_EQ(fits.status, 200);
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.body, "the body is larger than the 4 bytes that this route takes\n");
  EXPECT_EQ(other.status, 200);
  EXPECT_EQ(g_calls, 2);
}

std::function<bool(std::string&)> in_check;  // NOLINT: a registration has no data

struct ProbesTest : LimitsTest {
  ProbesTest() {
    make_limited({{"/", {}}});
    service_->ask(readiness_);
  }
  void probe(FakeAnswer& answer, std::string target = "/") {
    send(answer, std::move(target), {{"User-Agent", "kube-probe/1.30"}});
  }

  abi::LifeRegistration check_{.name = "pool",
                               .ready = [](std::string& reason) { return in_check(reason); }};
  std::vector<LifeStep> steps_{{.name = "pool", .place = "pool.cc:7", .registration = &check_}};
  Readiness readiness_{steps_, clock_, log_};
};

TEST_F(ProbesTest, AProbeGetsWhatTheCheckSays) {
  bool is_up = false;
  in_check = [&](std::string& reason) {
    EXPECT_FALSE(loop_.in_loop());
    reason = "no connection";
    return is_up;
  };
  FakeAnswer no, yes, live, call;
  probe(no);
  EXPECT_EQ(no.count, 0) << "the check runs on its own thread";
  until([&] { return no.released; });
  EXPECT_EQ(no.status, 503);
  EXPECT_EQ(no.body, "no connection\n");
  probe(live, "/health/liveness?x=/ready");
  EXPECT_EQ(live.status, 200);
  send(call);
  until([&] { return call.released; });
  EXPECT_EQ(call.status, 200) << "calls are served as before";
  is_up = true;
  clock_.advance(2s);
  probe(yes);
  until([&] { return yes.released; });
  EXPECT_EQ(yes.status, 200);
  service_->retire();
  FakeAnswer retired;
  probe(retired);
  EXPECT_EQ(retired.status, 503);
  EXPECT_EQ(retired.body, "draining\n");
}

TEST_F(ProbesTest, ProbesDoNotWaitForACheckThatHangs) {
  // Static, because the check's thread may still return when the test has ended.
  static std::binary_semaphore go(0);
  static std::binary_semaphore has_gone(0);
  in_check = [](std::string&) {
    go.acquire();
    has_gone.release();
    return true;
  };
  FakeAnswer first, second, third;
  probe(first);
  probe(second);
  testing::settle(loop_);
  EXPECT_EQ(first.count + second.count, 0);
  clock_.advance(Readiness::kPatience);
  testing::settle(loop_);
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(second.body, "the check pool (pool.cc:7) has not returned\n");
  probe(third);
  EXPECT_EQ(third.status, 503);
  go.release();
  has_gone.acquire();
}

}  // namespace
}  // namespace ofn
