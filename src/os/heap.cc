#include "os/heap.h"

#include <algorithm>
#include <cstdlib>
#include <thread>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace ofn::os {

#ifdef __GLIBC__

namespace {

constexpr int kKept = 16 * 1024 * 1024;
constexpr int kSeparate = 4 * 1024 * 1024;
// The free memory that the arena of an idle thread keeps: glibc's initial value.
constexpr int kKeptAtRest = 128 * 1024;
// The address space that each arena except the first reserves (glibc's arena.c: HEAP_MAX_SIZE).
constexpr std::size_t kArena = std::size_t{64} * 1024 * 1024;

}  // namespace

void bound_kept_memory(std::size_t mappable) {
  mallopt(M_MMAP_THRESHOLD, kSeparate);
  mallopt(M_TRIM_THRESHOLD, kKept);
  const std::size_t granted = mappable == kNoMemoryLimit ? most_arenas() : mappable / 4 / kArena;
  mallopt(M_ARENA_MAX, static_cast<int>(std::clamp<std::size_t>(granted, 1, most_arenas())));
}

// malloc_trim() does not shrink the end of an arena, except of the main one, and most free memory is at that end. An arena
// shrinks its end when a block of 64 KiB or more is freed in it (glibc's malloc.c: FASTBIN_CONSOLIDATION_THRESHOLD).
void return_kept_memory() {
  mallopt(M_TRIM_THRESHOLD, kKeptAtRest);
  void* volatile block =
      std::malloc(kKeptAtRest);  // volatile: the compiler must not remove malloc() and free()
  std::free(block);
  mallopt(M_TRIM_THRESHOLD, kKept);
}

void return_scattered_memory() { malloc_trim(0); }

#else

void bound_kept_memory(std::size_t /*mappable*/) {}
void return_kept_memory() {}
void return_scattered_memory() {}

#endif

std::size_t most_arenas() { return std::thread::hardware_concurrency() + 2; }

}  // namespace ofn::os
