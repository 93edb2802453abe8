#include "os/start_up_code.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fcntl.h>
#include <link.h>
#include <span>
#include <sys/mman.h>
#include <unistd.h>

namespace ofn::os {

namespace {

// The pages of this process, as /proc/self/pagemap describes them.
class PageMap {
 public:
  PageMap() : file_(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)) {}
  PageMap(const PageMap&) = delete;
  PageMap& operator=(const PageMap&) = delete;
  ~PageMap() {
    if (file_ >= 0) close(file_);
  }

  // Returns true if each of these pages is unchanged from its file. Returns false if that is
  // unknown.
  bool all_are_the_files(std::uintptr_t begin, std::uintptr_t end) const {
    std::array<std::uint64_t, 512> pages;
    for (std::uintptr_t at = begin; at < end; at += pages.size() * page_size()) {
      const std::size_t wanted =
          std::min(pages.size(), (end - at + page_size() - 1) / page_size()) * sizeof(pages[0]);
      const auto offset = static_cast<off_t>(at / page_size() * sizeof(pages[0]));
      if (pread(file_, pages.data(), wanted, offset) != static_cast<ssize_t>(wanted)) return false;
      for (const std::uint64_t page : std::span(pages).first(wanted / sizeof(pages[0]))) {
        if ((page & kPresent) != 0 && (page & kOfAFile) == 0) return false;
      }
    }
    return true;
  }
  static std::uintptr_t page_size() {
    static const auto size = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    return size;
  }

 private:
  // Linux, Documentation/admin-guide/mm/pagemap.rst.
  static constexpr std::uint64_t kPresent = 3ULL << 62;  // in memory, or swapped out
  static constexpr std::uint64_t kOfAFile = 1ULL << 61;

  int file_;
};

// Returns the pages that no code has written to; the kernel can read them from the file again.
// Relocations in code and a debugger's breakpoints are such writes, and would be lost.
int return_segments(dl_phdr_info* object, std::size_t /*size*/, void* page_map) {
  const auto& pages = *static_cast<const PageMap*>(page_map);
  for (const ElfW(Phdr) & segment : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t address = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t begin = address & ~(PageMap::page_size() - 1);
    const std::uintptr_t end = address + segment.p_memsz;
    if (!pages.all_are_the_files(begin, end)) continue;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader speaks of addresses as numbers.
    madvise(reinterpret_cast<void*>(begin), end - begin,
            MADV_DONTNEED);  // if it fails, nothing is lost
  }
  return 0;
}

}  // namespace

void return_start_up_code() {
  PageMap pages;
  dl_iterate_phdr(&return_segments, &pages);
}

}  // namespace ofn::os
