#include "os/start_up_code.h"

#include <cstdint>
#include <fstream>
#include <link.h>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

// Code that stands alone in its page.
__attribute__((noinline, aligned(4096), section("a_page_of_its_own"))) int answer() { return 42; }

std::uintptr_t page_of_answer() {
  return reinterpret_cast<std::uintptr_t>(&answer) &
         ~static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE) - 1);
}

// The resident memory that is backed by files, in KiB.
long resident_of_files() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(8));
  }
  ADD_FAILURE() << "no RssFile";
  return 0;
}

// Reads a byte of each page of read-only code. Returns the size of this code in KiB.
int touch_segments(dl_phdr_info* object, std::size_t /*size*/, void* touched) {
  for (const ElfW(Phdr) & segment : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || segment.p_flags != (PF_R | PF_X)) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    for (std::uintptr_t at = begin; at < begin + segment.p_memsz; at += 4096) {
      static_cast<void>(*reinterpret_cast<const volatile char*>(at));
      *static_cast<long*>(touched) += 4;
    }
  }
  return 0;
}

TEST(ReturnStartUpCode, CodeGoesAndComesBackWhenItRuns) {
  long touched = 0;
  dl_iterate_phdr(&touch_segments, &touched);
  const long before = resident_of_files();
  EXPECT_GE(before, touched);
  return_start_up_code();
  EXPECT_LT(resident_of_files(), before - touched / 2);
  EXPECT_EQ(answer(), 42);
}

// Writes to code as a debugger does. TSan must not instrument it, because TSan keeps no state for
// the addresses of code.
__attribute__((noinline, no_sanitize("thread"))) unsigned char flip(unsigned char* byte) {
  return *byte ^= 0xff;
}

TEST(ReturnStartUpCode, CodeThatWasWrittenToStays) {
  const std::uintptr_t page = page_of_answer();
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  auto* const bytes = reinterpret_cast<unsigned char*>(page);
  ASSERT_EQ(mprotect(bytes, size, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
  const unsigned char written = flip(bytes + size - 1);
  return_start_up_code();
  EXPECT_EQ(bytes[size - 1], written);
  flip(bytes + size - 1);
  ASSERT_EQ(mprotect(bytes, size, PROT_READ | PROT_EXEC), 0);
}

}  // namespace
}  // namespace ofn::os
