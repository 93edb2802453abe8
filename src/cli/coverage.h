// How often the lines of a function's sources ran in its tests: what the compiler's program for that says, and how it is shown.
//
//   auto coverage = read_coverage({.reader = reader, .notes = notes, .counts = "/tmp/counts", .folder = "/src", .work = "/tmp"});
//   if (coverage) say(coverage->text());
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "document/node.h"
#include "loader/loader.h"

namespace ofn::cli {

// A value. Lines without code do not count.
struct Coverage {
  struct File {
    std::filesystem::path path;               // absolute
    std::string shown;                        // below the folder of the sources
    std::map<int, std::uint64_t> lines = {};  // how often each has run
    std::size_t covered() const;
  };
  std::vector<File> files = {};  // sorted

  std::size_t covered() const;
  std::size_t lines() const;
  // For people: a line for each file, with the lines that did not run.
  std::string text() const;
  document::Node json() const;
  // As geninfo(1) describes it, for tools that show coverage.
  std::string lcov() const;
};

struct CoverageSource {
  LineReader reader;
  std::vector<std::string> notes;  // Build::line_notes
  std::filesystem::path counts;    // the folder of GCOV_PREFIX
  std::filesystem::path folder;    // that of the sources; files elsewhere are not the author's
  std::filesystem::path work;      // for files of its own
  std::function<bool(const std::filesystem::path&)> is_left_out = {};  // tests
};

// Errors: the reader is missing or fails; the message says how to install it. Blocks.
Result<Coverage> read_coverage(const CoverageSource& source);

}  // namespace ofn::cli
