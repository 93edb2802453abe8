// Keeps files that were made from other files (objects, precompiled headers, linked programs) until
// one of those files changes.
//
//   auto cache = Cache::open(default_cache_dirs(home, xdg, tmp), log);
//   if (auto object = cache->find(key, ".o")) return *object;
//   const std::int64_t begin = Cache::begin();
//   const auto made = cache->scratch(".o");
//   compile_into(made);
//   return cache->keep(key, ".o", made, dependencies, begin);
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"

namespace ofn::loader {

// A file's state as far as it is visible without reading the file.
struct Stamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds since the epoch
  std::int64_t changed = 0;   // of the inode, also in nanoseconds; no program can set it
  bool operator==(const Stamp&) const = default;
};

// Returns the directories for the cache: `${xdg}/ofn/programs` or `${home}/.cache/ofn/programs`,
// then `${tmp}/ofn-UID` (`/tmp` if `tmp` is empty). An empty argument counts as not set.
std::vector<std::filesystem::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                                      std::string_view tmp);

// One directory of the cache.
//
// A key describes how something is made (program, flags, source). For each key, a manifest lists
// every file that was read. A result's name is made of the key and the content of all those files.
// So a result is found again when files return to an earlier content, and two processes that make
// the same result at once write the same name. A result's size is kept with it, so that a result
// which a full disk or a crash has truncated is made again.
//
// Lifetime: if the directory was made for this process only, the destructor removes it with its
// content.
// Threads: one at a time. Any number of processes at once, because files appear by rename.
// Security: the directory belongs to the user alone (0700, no symbolic link), because its content
// is executed.
class Cache {
 public:
  // Opens the first of `candidates` that is usable. If none is, makes a new directory under the
  // temporary one. Logs why it passed over a candidate.
  static Result<Cache> open(std::span<const std::filesystem::path> candidates, Log& log);
  Cache(Cache&& other) noexcept
      : directory_(std::move(other.directory_)),
        is_own_(std::exchange(other.is_own_, false)),
        scratch_(std::exchange(other.scratch_, {})),
        scratch_lock_(std::exchange(other.scratch_lock_, -1)),
        read_(std::move(other.read_)),
        newest_(std::move(other.newest_)) {}
  Cache& operator=(Cache&&) = delete;
  ~Cache();

  const std::filesystem::path& directory() const noexcept { return directory_; }
  // Returns true if `failure` may have happened because no space is left.
  bool is_full(const Error& failure) const;

  // Returns the result that was kept for `key` and `variant`, if it is complete and every file from
  // which it was made has the same content as then. Adds these files to `made_from`. The variants of
  // a key are made from the same files, such as programs that are linked with the same libraries.
  // Cost: a stat for each such file. A file with a new time stamp is read.
  std::optional<std::filesystem::path> find(std::string_view key, std::string_view extension,
                                            std::set<std::string>* made_from = nullptr,
                                            std::string_view variant = {}) const;

  // Returns the time before making something. It waits until every later change of a file will be
  // visible in its stamp: one tick of the kernel's clock, 1 to 10 ms.
  static std::int64_t begin();
  // The same before making something for `keys`. It does not wait if find() has seen all files of
  // each key, and they are older than the tick.
  std::int64_t begin(std::span<const std::string> keys) const;
  // Returns a new name in a folder of this process. The folder is removed when the process ends; if
  // the process is killed, the next open() removes it.
  std::filesystem::path scratch(std::string_view extension) const;
  // Renames `made` into the cache and returns its new path. If a dependency changed after `begin`,
  // it is unknown which content was read; then the file is kept, but will not be found again.
  Result<std::filesystem::path> keep(std::string_view key, std::string_view extension,
                                     const std::filesystem::path& made,
                                     std::span<const std::string> dependencies, std::int64_t begin,
                                     std::string_view variant = {}) const;

  // Marks a file as used that does not go through find() or keep(), so that trim() leaves it.
  static void mark_used(const std::filesystem::path& path);

  // Removes the least recently used files until at most `limit` bytes are left. Keeps files that
  // were used in the last minute, because another process may be about to load them.
  void trim(std::uintmax_t limit) const;

 private:
  enum class Kind : std::uint8_t { kShared, kOwn };
  Cache(std::filesystem::path directory, Kind kind)
      : directory_(std::move(directory)), is_own_(kind == Kind::kOwn) {}

  std::filesystem::path directory_;
  bool is_own_;  // true if it was made for this process only
  // Made on first use. While it is locked, its process is running.
  mutable std::filesystem::path scratch_;
  mutable int scratch_lock_ = -1;
  // A file and the digest of its content.
  struct Read {
    Stamp stamp;
    std::string digest;
  };
  // From manifests, so that keep() need not read hundreds of system headers again.
  mutable std::unordered_map<std::string, Read> read_;
  // Key → the time of the last change of a file in its manifest.
  mutable std::unordered_map<std::string, std::int64_t> newest_;
};

// Writes a file so that it appears either completely or not at all.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view text);

// Returns the prerequisites in a dependency file that a compiler wrote (Make's syntax).
std::vector<std::string> parse_dependencies(std::string_view text);
// Returns the same for a file that a linker wrote. Linkers escape nothing, so this reads the empty
// rules that they write for each prerequisite, one a line.
std::vector<std::string> parse_link_dependencies(std::string_view text);

// Returns the paths as absolute, sorted paths, each file once. A compiler may name a header
// "/usr/lib/gcc/x/12/../include/c++/12/string".
std::vector<std::string> absolute_paths(const std::set<std::string>& files);

}  // namespace ofn::loader
