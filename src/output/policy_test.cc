#include "output/policy.h"

#include <chrono>

#include <gtest/gtest.h>

#include "output/payload.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;

TEST(OutputPolicy, PausesDoubleAndAreJittered) {
  const OutputPolicy policy;
  Random random(1);
  for (int round = 0; round < 100; ++round) {
    Duration full = policy.first_pause;
    for (unsigned retry = 0; retry < 20; ++retry) {
      const Duration pause = policy.pause(retry, random);
      EXPECT_GE(pause, full / 2) << retry;
      EXPECT_LE(pause, full) << retry;
      full = std::min(full * 2, policy.longest_pause);
    }
  }
}

TEST(OutputPolicy, WhatIsTooLargeIsNeverRetried) {
  const OutputPolicy policy{.retry_codes = {Code::kResourceExhausted, Code::kAborted}};
  EXPECT_FALSE(policy.retries(Code::kResourceExhausted));
  EXPECT_TRUE(policy.retries(Code::kAborted));
  EXPECT_FALSE(policy.retries(Code::kInternal));
}

TEST(RetryBudget, DelaysWhatComesTooFast) {
  RetryBudget budget;
  const Deadline never = Deadline::never();
  const SteadyTime now{1h};
  for (int i = 0; i < RetryBudget::kBurst; ++i) EXPECT_EQ(budget.reserve(now, never), now);
  EXPECT_EQ(budget.reserve(now, never), now + RetryBudget::kEvery);
  EXPECT_EQ(budget.reserve(now, never), now + 2 * RetryBudget::kEvery);
  // Unused tokens come back, up to the burst.
  const SteadyTime later = now + 1min;
  for (int i = 0; i < RetryBudget::kBurst; ++i) EXPECT_EQ(budget.reserve(later, never), later);
  EXPECT_EQ(budget.reserve(later, never), later + RetryBudget::kEvery);
}

TEST(RetryBudget, WhatComesTooLateTakesNothing) {
  RetryBudget budget;
  const SteadyTime now{1h};
  for (int i = 0; i < RetryBudget::kBurst; ++i) budget.reserve(now, Deadline(now));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(budget.reserve(now, Deadline(now)), std::nullopt);
  const SteadyTime next = now + RetryBudget::kEvery;
  EXPECT_EQ(budget.reserve(now, Deadline(next)), next);
}

TEST(Publication, OfEachDeclaredType) {
  const auto check = [](std::string_view declared, std::string_view data,
                        std::string_view published, bool keeps) {
    const Publication publication = publication_of(declared, data);
    EXPECT_EQ(publication.content_type, published) << declared;
    EXPECT_EQ(publication.kept_type, keeps ? "" : declared) << declared;
  };
  check("", "text", "text/plain", true);
  check("", "", "text/plain", true);
  check("", "\xFF", "application/octet-stream", true);
  check("text/html; charset=utf-8", "<p>", "text/html; charset=utf-8", true);
  check("Text/CSV", "a,b", "Text/CSV", true);
  check("text/plain", "\xFF", "application/octet-stream", false);
  check("application/xml", "<a/>", "application/xml", true);
  check("application/xml", "\xFF", "application/octet-stream", false);
  check("application/json", "{}", "application/json", true);
  check("application/json; charset=utf-8", "[1]", "application/json; charset=utf-8", true);
  check("application/json", "{", "application/octet-stream", false);
  check("application/vnd.a+json", "{}", "application/octet-stream", false);
  check("image/png", "\x89PNG", "application/octet-stream", false);
  check("application/octet-stream", "\0", "application/octet-stream", true);
  check("application/cloudevents+json", "{}", "application/cloudevents+json", true);
}

}  // namespace
}  // namespace ofn
