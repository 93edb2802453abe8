#include "base/heap.h"

#include <algorithm>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ofn {

#ifdef __GLIBC__

namespace {

constexpr int kKept = 16 * 1024 * 1024;
constexpr int kSeparate = 4 * 1024 * 1024;
// Of a thread that rests. glibc's own first value.
constexpr int kKeptAtRest = 128 * 1024;
// What an arena takes of the address space (glibc's arena.c: HEAP_MAX_SIZE), but for the first.
constexpr std::size_t kArena = std::size_t{64} * 1024 * 1024;

}  // namespace

void bound_kept_memory(std::size_t mappable) {
  mallopt(M_MMAP_THRESHOLD, kSeparate);
  mallopt(M_TRIM_THRESHOLD, kKept);
  if (mappable == kNoMemoryLimit) return;
  mallopt(M_ARENA_MAX, static_cast<int>(std::clamp<std::size_t>(mappable / 4 / kArena, 1, 64)));
}

// malloc_trim() leaves the end of every arena but the main one alone, which is where most is. An arena cuts its end by
// itself, when a block of 64 KiB or more is freed there (glibc's malloc.c: FASTBIN_CONSOLIDATION_THRESHOLD).
void return_kept_memory() {
  mallopt(M_TRIM_THRESHOLD, kKeptAtRest);
  void* volatile block =
      std::malloc(kKeptAtRest);  // volatile: a pair that the compiler must not leave out
  std::free(block);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

void return_scattered_memory() { malloc_trim(0); }

#else

void bound_kept_memory(std::size_t /*mappable*/) {}
void return_kept_memory() {}
void return_scattered_memory() {}

#endif

}  // namespace ofn
