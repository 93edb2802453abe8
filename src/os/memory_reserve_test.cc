#include "os/memory_reserve.h"

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <sys/resource.h>
#include <vector>

#include <gtest/gtest.h>

#include "os/heap.h"
#include "os/memory_limits.h"

namespace ofn::os {
namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

#if defined(OFN_ADDRESS_SANITIZER) || defined(OFN_THREAD_SANITIZER)
constexpr bool kOwnHeap =
    true;  // the sanitizer's heap maps terabytes and ends the process when memory is short
#else
constexpr bool kOwnHeap = false;
#endif

TEST(MemoryReserve, IsAShareOfWhatMayBeMapped) {
  EXPECT_EQ(reserve_for(kNoMemoryLimit), 0U);
  EXPECT_EQ(reserve_for(0), kMib);
  EXPECT_EQ(reserve_for(64 * kMib), 4 * kMib);
  EXPECT_EQ(reserve_for(std::size_t{64} * 1024 * kMib), 16 * kMib);
}

enum Outcome { kAsExpected, kLargeSucceeded, kWasShort, kSmallFailed, kNotShort, kStillShort };

// Runs in a process of its own, so that the limit affects no other test.
Outcome under_a_limit(int what) {
  const MappedMemory mapped = mapped_memory();
  const std::size_t used = what == RLIMIT_AS ? mapped.address_space : mapped.data;
  bound_kept_memory(128 * kMib);
  keep_memory_reserve(16 * kMib);
  const rlimit limit{.rlim_cur = used + 64 * kMib, .rlim_max = used + 64 * kMib};
  if (setrlimit(static_cast<__rlimit_resource>(what), &limit) != 0) return kSmallFailed;

  // An allocation larger than the reserve fails, and the reserve is mapped again.
  try {
    // The pointer is volatile because the compiler may remove an unused allocation.
    char* volatile large = new char[100 * kMib];
    delete[] large;
    return kLargeSucceeded;
  } catch (const std::bad_alloc&) {
    if (memory_is_short()) return kWasShort;
  }
  // Small allocations succeed beyond the limit, and memory_is_short() says so.
  constexpr std::size_t kBlock = std::size_t{64} * 1024;
  std::vector<std::unique_ptr<char[]>> blocks;
  blocks.reserve(2000);
  try {
    while (!memory_is_short()) blocks.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
    for (int more = 0; more < 16; ++more)
      blocks.push_back(std::make_unique_for_overwrite<char[]>(kBlock));
  } catch (const std::bad_alloc&) {
    return kSmallFailed;
  }
  if (!memory_is_short()) return kNotShort;
  blocks.clear();
  return memory_is_short() ? kStillShort : kAsExpected;
}

TEST(MemoryReserveDeathTest, WhatIsSmallSucceedsAndWhatIsLargeFails) {
  if (kOwnHeap) GTEST_SKIP() << "the sanitizer has a heap of its own";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const int what : {RLIMIT_AS, RLIMIT_DATA}) {
    EXPECT_EXIT(std::_Exit(under_a_limit(what)), ::testing::ExitedWithCode(kAsExpected), "")
        << what;
  }
}

}  // namespace
}  // namespace ofn::os
