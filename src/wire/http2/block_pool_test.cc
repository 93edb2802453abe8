#include "wire/http2/block_pool.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::wire::http2 {
namespace {

constexpr std::size_t kSizes[] = {0,   1,   31,  32,   33,   63,   64,   65,
                                  511, 512, 513, 1023, 1024, 1025, 65536};

TEST(BlockPool, EveryBlockIsWholeAlignedAndItsOwn) {
  BlockPool pool;
  std::vector<std::pair<char*, std::size_t>> blocks;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : kSizes) {
      auto* block = static_cast<char*>(pool.take(size));
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t), 0U) << size;
      std::memset(block, static_cast<int>(size % 251), size);
      blocks.emplace_back(block, size);
    }
  }
  for (const auto& [block, size] : blocks) {
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(block[i], static_cast<char>(size % 251)) << size << " at " << i;
    }
    pool.give(block);
  }
}

TEST(BlockPool, ABlockComesAgainForItsSizeClass) {
  BlockPool pool;
  void* const block = pool.take(65);
  pool.give(block);
  EXPECT_EQ(pool.kept(), 1U);
  void* const smaller = pool.take(64);
  EXPECT_NE(smaller, block);
  EXPECT_EQ(pool.take(128), block);
  EXPECT_EQ(pool.kept(), 0U);
  pool.give(block);
  pool.give(smaller);
  pool.give(nullptr);
  EXPECT_EQ(pool.kept(), 2U);
}

TEST(BlockPool, KeepsSomeOfEachClassAndNoneThatIsLarge) {
  BlockPool pool;
  std::vector<void*> blocks;
  for (int i = 0; i < 300; ++i) blocks.push_back(pool.take(100));
  for (int i = 0; i < 3; ++i) blocks.push_back(pool.take(1025));
  for (void* block : blocks) pool.give(block);
  EXPECT_EQ(pool.kept(), 256U);
}

TEST(BlockPool, AResizedBlockKeepsItsBytes) {
  for (const std::size_t before : kSizes) {
    for (const std::size_t after : kSizes) {
      BlockPool pool;
      auto* block = static_cast<char*>(pool.take(before));
      std::memset(block, 'x', before);
      block = static_cast<char*>(pool.resize(block, after));
      ASSERT_NE(block, nullptr);
      for (std::size_t i = 0; i < std::min(before, after); ++i) ASSERT_EQ(block[i], 'x');
      std::memset(block, 'y', after);
      pool.give(block);
    }
  }
  BlockPool pool;
  pool.give(pool.resize(nullptr, 10));
  EXPECT_EQ(pool.kept(), 1U);
}

}  // namespace
}  // namespace ofn::wire::http2
