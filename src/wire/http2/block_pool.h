// Reuses memory for nghttp2: a busy connection allocates and frees the same small blocks with every request.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace ofn::wire::http2 {

// A request takes a dozen small blocks. Concurrent requests free more blocks at once than glibc's cache of a thread keeps. The
// pool keeps freed blocks by size class: as many as were ever in use together, up to kKept of each class.
//
// Lifetime: outlives the sessions that use it. Threads: one at a time. Errors: take() and resize() return null if there is no
// memory, as malloc() does. Cost: a few instructions, and 16 bytes for each block.
class BlockPool {
 public:
  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool() {
    for (Class& kept : classes_) {
      while (Block* block = kept.first) {
        kept.first = block->next;
        std::free(block);
      }
    }
  }

  void* take(std::size_t size) {
    const std::uint32_t index = class_of(size);
    if (index == kClasses)
      return lend(std::malloc(sizeof(Head) + size), index, static_cast<std::uint32_t>(size));
    const auto rounded = static_cast<std::uint32_t>(size_of(index));
    Class& kept = classes_[index];
    if (kept.first == nullptr) return lend(std::malloc(sizeof(Head) + rounded), index, rounded);
    Block* const block = kept.first;
    kept.first = block->next;
    --kept.count;
    return lend(block, index, rounded);
  }
  void give(void* lent) {
    if (lent == nullptr) return;
    Head* const head = head_of(lent);
    const std::uint32_t index = head->index;
    if (index == kClasses || classes_[index].count == kKept) return std::free(head);
    Class& kept = classes_[index];
    kept.first = new (head) Block{kept.first};
    ++kept.count;
  }
  void* resize(void* lent, std::size_t size) {
    if (lent == nullptr) return take(size);
    Head* const head = head_of(lent);
    if (head->index == kClasses) {
      return lend(std::realloc(head, sizeof(Head) + size), kClasses,
                  static_cast<std::uint32_t>(size));
    }
    if (size <= size_of(head->index)) return lent;
    void* const larger = take(size);
    if (larger == nullptr) return nullptr;
    std::memcpy(larger, lent, size_of(head->index));
    give(lent);
    return larger;
  }
  // The size of a block of this pool, with its head; 0 for a null pointer.
  static std::size_t size_of_lent(void* lent) {
    return lent == nullptr ? 0 : head_of(lent)->size + sizeof(Head);
  }
  // The number of free blocks in the pool.
  std::size_t kept() const {
    std::size_t count = 0;
    for (const Class& kept : classes_) count += kept.count;
    return count;
  }

 private:
  static constexpr std::size_t kSmallest = 32;
  static constexpr std::uint32_t kClasses = 6;  // up to 1 KiB; larger blocks come from malloc()
  static constexpr std::size_t kKept = 256;

  struct alignas(std::max_align_t) Head {
    std::uint32_t index;  // the size class; kClasses if the block has none
    std::uint32_t size;   // of the block, without this head
  };
  struct Block {
    Block* next;
  };
  struct Class {
    Block* first = nullptr;
    std::size_t count = 0;
  };

  static constexpr std::size_t size_of(std::size_t index) { return kSmallest << index; }
  static constexpr std::uint32_t class_of(std::size_t size) {
    if (size > size_of(kClasses - 1)) return kClasses;
    return size <= kSmallest ? 0
                             : static_cast<std::uint32_t>(std::bit_width((size - 1) / kSmallest));
  }
  static Head* head_of(void* lent) { return static_cast<Head*>(lent) - 1; }
  static void* lend(void* memory, std::uint32_t index, std::uint32_t size) {
    return memory == nullptr ? nullptr : new (memory) Head{index, size} + 1;
  }

  std::array<Class, kClasses> classes_;
};

}  // namespace ofn::wire::http2
