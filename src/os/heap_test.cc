#include "os/heap.h"

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

#if defined(OFN_ADDRESS_SANITIZER) || defined(OFN_THREAD_SANITIZER)
constexpr bool kOwnHeap = true;  // the sanitizer's heap keeps freed memory
#else
constexpr bool kOwnHeap = false;
#endif

constexpr std::size_t kBlock = std::size_t{64} * 1024;

// The resident memory that is not backed by a file, in MiB.
long resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) return std::stol(line.substr(8)) / 1024;
  }
  ADD_FAILURE() << "no RssAnon";
  return 0;
}

std::unique_ptr<char[]> used_block() {
  auto block = std::make_unique_for_overwrite<char[]>(kBlock);
  for (std::size_t at = 0; at < kBlock; at += 4096) {
    static_cast<volatile char*>(block.get())[at] = 1;
  }
  return block;
}

void use(std::size_t mib) {
  std::vector<std::unique_ptr<char[]>> blocks(mib * 16);
  for (auto& block : blocks) block = used_block();
}

class Heap : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kOwnHeap) GTEST_SKIP() << "the sanitizer has a heap of its own";
    bound_kept_memory();
  }
};

TEST_F(Heap, AThreadKeepsABoundedRestAndGivesItBackWhenAsked) {
  std::thread([] {
    use(1);  // the thread gets its arena
    const long before = resident();
    for (const std::size_t mib : {12, 12, 100}) {
      use(mib);
      EXPECT_LT(resident(), before + 20) << "no more is kept than that, after " << mib;
      EXPECT_GT(resident(), mib == 12 ? before + 8 : -1) << "kept for reuse";
      return_kept_memory();
      EXPECT_LT(resident(), before + 2) << mib;
    }
  }).join();
}

TEST_F(Heap, WhatLiesBetweenUsedBlocksIsGivenBack) {
  std::thread([] {
    use(1);
    const long before = resident();
    std::vector<std::unique_ptr<char[]>> blocks(std::size_t{12} * 16);
    std::vector<std::unique_ptr<char>> between(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = used_block();
      between[i] = std::make_unique<char>();
    }
    blocks.clear();
    return_kept_memory();
    EXPECT_GT(resident(), before + 8);
    return_scattered_memory();
    EXPECT_LT(resident(), before + 2);
  }).join();
}

TEST_F(Heap, TheMainThreadGivesItsRestBackWhenAsked) {
  const long before = resident();
  use(12);
  EXPECT_GT(resident(), before + 8);
  return_kept_memory();
  EXPECT_LT(resident(), before + 2);
}

}  // namespace
}  // namespace ofn::os
