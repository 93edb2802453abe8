#include "os/throw_sites.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <typeinfo>

#include "os/process_state.h"

namespace ofn::os {

namespace {

constexpr std::size_t kRemembered = 128;

// The newest throws. A thread that writes or reads a site holds `busy`. Nobody waits for it: a forked child inherits sites that
// other threads of the parent held, and a thread must be able to throw whatever others do.
struct Site {
  std::atomic<bool> busy = false;
  std::atomic<const void*> object = nullptr;  // the exception; null: unused
  std::uint64_t number = 0;                   // counts the throws
  Frames frames{};
};
constinit std::array<Site, kRemembered> sites;
constinit std::atomic<std::uint64_t> throws = 0;

void remember(const void* object) {
  const std::uint64_t number = throws.fetch_add(1, std::memory_order_relaxed);
  Site& site = sites[number % kRemembered];
  if (site.busy.exchange(true, std::memory_order_acquire)) return;
  site.object.store(object, std::memory_order_relaxed);
  site.number = number;
  site.frames.take();
  site.busy.store(false, std::memory_order_release);
}

// The standard gives no way to the object of an unknown type, but both libraries' exception_ptr consists of its address.
const void* object_of(const std::exception_ptr& exception) {
  static_assert(sizeof exception == sizeof(void*));
  const void* object = nullptr;
  std::memcpy(static_cast<void*>(&object), static_cast<const void*>(&exception), sizeof object);
  return object;
}

}  // namespace

bool find_throw_frames(const std::exception_ptr& exception, Frames& frames) {
  if (!process_state.author_reads || exception == nullptr) return false;
  const void* const object = object_of(exception);
  bool found = false;
  std::uint64_t newest = 0;
  for (Site& site : sites) {
    if (site.object.load(std::memory_order_relaxed) != object) continue;
    if (site.busy.exchange(true, std::memory_order_acquire)) continue;
    // A later exception may have had the same address.
    if (site.object.load(std::memory_order_relaxed) == object && (!found || site.number > newest)) {
      found = true;
      newest = site.number;
      frames = site.frames;
    }
    site.busy.store(false, std::memory_order_release);
  }
  return found;
}

std::vector<SourceFrame> throw_site(const std::exception_ptr& exception) {
  Frames frames;
  if (!find_throw_frames(exception, frames)) return {};
  return author_stack(frames.from(0));
}

}  // namespace ofn::os

// Weak, because a program that is linked with the static C++ library has that library's own.
extern "C" __attribute__((weak, visibility("default"))) __cxxabiv1::__cxa_refcounted_exception*
__cxxabiv1::__cxa_init_primary_exception(void* object, std::type_info* type,
                                         void (*destroy)(void*)) noexcept {
  using Prepare = decltype(&__cxa_init_primary_exception);
  static constinit std::atomic<Prepare> next = nullptr;
  if (ofn::os::process_state.author_reads.load(std::memory_order_relaxed)) [[unlikely]]
    ofn::os::remember(object);
  Prepare prepare = next.load(std::memory_order_relaxed);
  if (prepare == nullptr) [[unlikely]] {
    prepare = reinterpret_cast<Prepare>(dlsym(RTLD_NEXT, "__cxa_init_primary_exception"));
    next.store(prepare, std::memory_order_relaxed);
  }
  return prepare(object, type, destroy);
}
