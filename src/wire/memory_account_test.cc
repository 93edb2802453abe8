#include "wire/memory_account.h"

#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::wire {
namespace {

TEST(MemoryAccount, AShareTakesInStepsAndGivesAllBack) {
  MemoryAccount budget(100'000);
  {
    MemoryShare share(&budget);
    EXPECT_TRUE(share.grow_to(10));
    EXPECT_EQ(budget.used(), 10U) << "a small body takes its size";
    EXPECT_TRUE(share.grow_to(20'000));
    const std::size_t taken = budget.used();
    EXPECT_GE(taken, 20'000U);
    EXPECT_TRUE(share.grow_to(taken));
    EXPECT_EQ(budget.used(), taken) << "what a step has brought is used first";
    EXPECT_TRUE(budget.has_room(100'000 - taken));
    EXPECT_FALSE(budget.has_room(100'000 - taken + 1));
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(MemoryAccount, ItTellsWhenALargeOneIsDone) {
  MemoryAccount budget(10'000'000);
  int told = 0;
  budget.on_large_done([&] { ++told; });
  {
    MemoryShare small(&budget);
    MemoryShare large(&budget);
    MemoryShare answer(&budget);
    ASSERT_TRUE(small.grow_to(MemoryAccount::kLarge / 2));
    ASSERT_TRUE(large.grow_to(MemoryAccount::kLarge));
    answer.add(MemoryAccount::kLarge);
    large.release();
    EXPECT_EQ(told, 1);
    large.release();
    EXPECT_EQ(told, 1);
  }
  EXPECT_EQ(told, 2);
}

TEST(MemoryAccount, ItTellsWhenThereIsRoomAgain) {
  MemoryAccount account(100);
  int told = 0;
  account.on_room([&told] { ++told; });
  {
    MemoryShare more(&account);
    MemoryShare answer(&account);
    more.add(60);
    answer.add(60);
    EXPECT_TRUE(account.exhausted());
    EXPECT_EQ(told, 0);
  }
  EXPECT_EQ(told, 1) << "once, though two gave back";
  MemoryShare fits(&account);
  fits.add(100);
  fits.release();
  EXPECT_EQ(told, 1);
}

TEST(MemoryAccount, ItCountsWhatIsGivenBackWhileItIsShort) {
  MemoryAccount account(100);
  MemoryShare first(&account);
  MemoryShare second(&account);
  first.add(50);
  first.release();
  EXPECT_FALSE(account.take_given_back(1)) << "it was not short";
  first.add(50);
  second.add(10);
  second.release();
  EXPECT_FALSE(account.take_given_back(11));
  second.add(10);
  second.release();
  EXPECT_TRUE(account.take_given_back(11)) << "together";
  EXPECT_FALSE(account.take_given_back(1)) << "it counts anew";
}

TEST(MemoryAccount, ABodyOfExactlyItsSizeFits) {
  MemoryAccount budget(50'000);
  MemoryShare share(&budget);
  for (std::size_t size = 1'000; size <= 50'000; size += 1'000) EXPECT_TRUE(share.grow_to(size));
  EXPECT_FALSE(budget.exhausted());
  EXPECT_FALSE(share.grow_to(50'001));
}

TEST(MemoryAccount, AnEighthBesideItIsForHoldersThatAreNotLarge) {
  constexpr std::size_t kAll = 8 * MemoryAccount::kLarge;
  MemoryAccount account(kAll);
  MemoryShare answers(&account);
  answers.add(2 * kAll);
  EXPECT_TRUE(account.exhausted());
  MemoryShare large(&account);
  EXPECT_FALSE(large.grow_to(MemoryAccount::kLarge + 1));
  EXPECT_FALSE(account.has_room(MemoryAccount::kLarge + 1));
  constexpr std::size_t kHalf = MemoryAccount::kLarge / 2;
  for (int i = 0; i < 2; ++i) {
    MemoryShare little(&account);
    EXPECT_TRUE(account.has_room(kHalf));
    EXPECT_FALSE(account.has_room(kHalf + 1));
    EXPECT_TRUE(little.grow_to(kHalf)) << "memory goes back to where it was taken";
    MemoryShare more(&account);
    EXPECT_FALSE(more.grow_to(MemoryAccount::kSmall + 1)) << "the other half is for small ones";
    std::vector<std::unique_ptr<MemoryShare>> small;
    for (std::size_t used = 0; used < kHalf; used += MemoryAccount::kSmall) {
      EXPECT_TRUE(account.has_room(MemoryAccount::kSmall));
      small.push_back(std::make_unique<MemoryShare>(&account));
      EXPECT_TRUE(small.back()->grow_to(MemoryAccount::kSmall));
    }
    EXPECT_FALSE(account.has_room(1));
    EXPECT_FALSE(more.grow_to(1));
  }
  EXPECT_EQ(account.used(), 2 * kAll);
  MemoryShare small(&account);
  EXPECT_TRUE(small.grow_to(100'000));
  answers.release();
  EXPECT_TRUE(small.grow_to(200'000)) << "from the account, as soon as it has some";
  EXPECT_GE(account.used(), 90'000U);
  small.release();
  EXPECT_EQ(account.used(), 0U);
}

TEST(MemoryAccount, WhatIsRefusedChangesNothing) {
  MemoryAccount budget(50'000);
  MemoryShare first(&budget);
  MemoryShare second(&budget);
  ASSERT_TRUE(first.grow_to(40'000));
  const std::size_t taken = budget.used();
  EXPECT_FALSE(second.grow_to(16'000));
  EXPECT_EQ(budget.used(), taken);
  first.release();
  EXPECT_TRUE(second.grow_to(16'000));
}

TEST(MemoryAccount, AnAnswerIsCountedWhateverIsLeft) {
  MemoryAccount budget(1'000);
  MemoryShare share(&budget);
  share.add(900);
  EXPECT_FALSE(budget.exhausted());
  share.add(900);
  EXPECT_TRUE(budget.exhausted());
  EXPECT_FALSE(budget.has_room(0));
  share.release();
  EXPECT_FALSE(budget.exhausted());
  EXPECT_TRUE(budget.has_room(1'000));
  EXPECT_FALSE(budget.has_room(1'001));
}

TEST(MemoryAccount, WithoutABudgetThereIsNoLimit) {
  MemoryShare share(nullptr);
  EXPECT_TRUE(share.grow_to(std::size_t{1} << 40));
  share.add(1);
}

TEST(MemoryAccount, ThreadsNeverTakeMoreThanThereIsAndNothingIsLost) {
  MemoryAccount budget(64'000);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 5'000; ++turn) {
          MemoryShare share(&budget);
          if (share.grow_to(16'000)) share.grow_to(30'000);
        }
      });
    }
  }
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_FALSE(budget.exhausted());
}

}  // namespace
}  // namespace ofn::wire
