// Files that were made from other files, kept until one of those changes: objects, precompiled
// headers, linked programs.
//
//   auto cache = Cache::open(default_cache_dirs(home, xdg, tmp), log);
//   if (auto object = cache->find(key, ".o")) return *object;
//   const Moment start = cache->begin();
//   … compile into cache->scratch(".o") …
//   auto object = cache->keep(key, ".o", made, dependencies, start);
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace ofn::loader {

// A file's state, as far as it can be seen without reading it.
struct Stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since the epoch
  std::int64_t changed = 0;   // the same of the inode: no program can set it
  bool operator==(const Stamp&) const = default;
};

// Where to keep things: `${xdg}/ofn/programs` or `${home}/.cache/ofn/programs`, then `${tmp}/ofn-UID`
// (`/tmp` when empty). Empty arguments: not set.
std::vector<std::filesystem::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                                      std::string_view tmp);

// One directory of the cache.
//
// A key says how something is made (program, flags, which source); a manifest beside it lists every
// file that was read, and the result is named by the key and the content of all those files. So a
// result is found again also when files have gone back to an earlier content, and two processes
// that make the same at once write the same name. Beside a result stands its size: what a full disk
// or a crash has cut is made again.
//
// Lifetime: of a directory that had to be made for this process only, the destructor removes
// everything.
// Threads: one at a time; any number of processes at once: files appear by rename.
// Security: the directory belongs to the user alone (0700, no symbolic link), because what lies in
// it is run.
class Cache {
 public:
  // The first of `candidates` that is usable; when none is, a fresh directory under the temporary
  // one. Why one was passed over is logged.
  static Result<Cache> open(std::span<const std::filesystem::path> candidates, Log& log);
  Cache(Cache&& other) noexcept
      : directory_(std::move(other.directory_)),
        is_own_(std::exchange(other.is_own_, false)),
        scratch_(std::exchange(other.scratch_, {})),
        scratch_lock_(std::exchange(other.scratch_lock_, -1)) {}
  Cache& operator=(Cache&&) = delete;
  ~Cache();

  const std::filesystem::path& directory() const noexcept { return directory_; }
  // Has something failed because there is no space left?
  bool is_full(const Error& failure) const;

  // Returns what was kept for `key`, if it is whole and every file that it was made from has the content that it had then; and
  // adds these files to `made_from`.
  // Cost: a stat for each such file; one that was touched is read.
  std::optional<std::filesystem::path> find(std::string_view key, std::string_view extension,
                                            std::set<std::string>* made_from = nullptr) const;

  // The moment before making something. Returns when every later change of a file will be visible
  // in its stamp: after one tick of the kernel's clock, 1 to 10 ms.
  static std::int64_t begin();
  // A new name in the directory. It is in a folder of this process, which is removed when the process
  // ends; the next open() removes the folder of a process that was killed.
  std::filesystem::path scratch(std::string_view extension) const;
  // Keeps `made`, which is renamed, and returns its place. When a dependency changed after `begin`,
  // it is unknown which content was read: the file is placed, but will not be found again.
  Result<std::filesystem::path> keep(std::string_view key, std::string_view extension,
                                     const std::filesystem::path& made,
                                     std::span<const std::string> dependencies,
                                     std::int64_t begin) const;

  // What is in use without find() or keep(): trim() leaves it.
  static void mark_used(const std::filesystem::path& path);

  // Removes what was used least recently until at most `limit` bytes are left. What was used in the
  // last minute stays: another process may be about to load it.
  void trim(std::uintmax_t limit) const;

 private:
  Cache(std::filesystem::path directory, bool is_own)
      : directory_(std::move(directory)), is_own_(is_own) {}

  std::filesystem::path directory_;
  bool is_own_;  // made for this process only
  // Made when it is needed. The lock says that its process lives.
  mutable std::filesystem::path scratch_;
  mutable int scratch_lock_ = -1;
};

// Writes a file so that it appears whole or not at all.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view text);

// The prerequisites in a dependency file as compilers write it (Make's syntax).
std::vector<std::string> parse_dependencies(std::string_view text);
// The same of linkers, which escape nothing: by the empty rules that they write for each, one a line.
std::vector<std::string> parse_link_dependencies(std::string_view text);

// Returns absolute and sorted paths, each file once: a compiler may name a header "/usr/lib/gcc/x/12/../include/c++/12/string".
std::vector<std::string> absolute_paths(const std::set<std::string>& files);

}  // namespace ofn::loader
