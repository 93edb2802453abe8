#include "loader/cache.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/random.h"
#include "loader/digest.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestVersion = "ofn-cache 2";
constexpr std::string_view kScratch = "tmp-";
constexpr std::int64_t kRecently = 60;  // a file that was used within these seconds is not removed

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return nanoseconds(time);
}

std::optional<Stamp> stamp_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Stamp{.device = status.st_dev,
               .inode = status.st_ino,
               .size = static_cast<std::uint64_t>(status.st_size),
               .modified = nanoseconds(status.st_mtim),
               .changed = nanoseconds(status.st_ctim)};
}

// One file from which something was made.
struct Dependency {
  Stamp stamp;
  std::string digest;
  std::string path;
};

std::string result_name(std::string_view key, std::string_view variant,
                        std::span<const Dependency> dependencies) {
  Digest digest;
  digest.add(key).add(variant);
  for (const Dependency& dependency : dependencies) {
    digest.add(dependency.path).add(dependency.digest);
  }
  return digest.hex();
}

// Encodes a path as one line of a manifest, even if the path contains a line break.
std::string in_one_line(std::string_view path) {
  std::string line;
  for (const char c : path) {
    if (c == '\\' || c == '\n') line += '\\';
    line += c == '\n' ? 'n' : c;
  }
  return line;
}

std::string from_one_line(std::string_view line) {
  std::string path;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escapes = line[i] == '\\' && i + 1 < line.size();
    if (escapes) ++i;
    path += escapes && line[i] == 'n' ? '\n' : line[i];
  }
  return path;
}

std::optional<std::vector<Dependency>> read_manifest(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line != kManifestVersion) return std::nullopt;
  std::vector<Dependency> dependencies;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    Dependency each;
    fields >> each.digest >> each.stamp.device >> each.stamp.inode >> each.stamp.size >>
        each.stamp.modified >> each.stamp.changed;
    fields.get();
    if (!fields || !std::getline(fields, each.path)) return std::nullopt;
    each.path = from_one_line(each.path);
    dependencies.push_back(std::move(each));
  }
  return dependencies;
}

std::string manifest_text(std::span<const Dependency> dependencies) {
  std::ostringstream text;
  text << kManifestVersion << '\n';
  for (const Dependency& each : dependencies) {
    text << each.digest << ' ' << each.stamp.device << ' ' << each.stamp.inode << ' '
         << each.stamp.size << ' ' << each.stamp.modified << ' ' << each.stamp.changed << ' '
         << in_one_line(each.path) << '\n';
  }
  return text.str();
}

// Returns the file that contains a result's size.
fs::path size_file(const fs::path& result) {
  fs::path file = result;
  return file += ".size";
}

bool is_whole(const fs::path& result) {
  const auto stamp = stamp_of(result);
  std::uint64_t size = 0;
  return stamp && std::ifstream(size_file(result)) >> size && size == stamp->size;
}

// Waits until a file's bytes are on the disk, because a rename could get there before them.
bool sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return synced;
}

std::string unusable(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory.parent_path(), error);
  if (error) return error.message();
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return strerror(errno);
  struct stat status{};
  if (::lstat(directory.c_str(), &status) != 0) return strerror(errno);
  if (!S_ISDIR(status.st_mode)) return "it is not a directory";
  if (status.st_uid != ::geteuid()) return "it belongs to another user";
  if ((status.st_mode & 077) != 0) return "other users may enter it; make it private by chmod 700";
  if (::access(directory.c_str(), W_OK | X_OK) != 0) return strerror(errno);
  return {};
}

// Locks a folder, and returns the descriptor that holds the lock. Returns -1 if another process
// holds it, or if the folder is gone.
int lock_folder(const fs::path& folder, int operation) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat opened{};
  struct stat named{};
  const bool is_ours = ::flock(fd, operation) == 0 && ::fstat(fd, &opened) == 0 &&
                       ::lstat(folder.c_str(), &named) == 0 && opened.st_ino == named.st_ino;
  if (is_ours) return fd;
  ::close(fd);
  return -1;
}

// Removes the files that killed processes have left: a precompiled header has 75 MB.
void remove_leftovers(const fs::path& directory) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().filename().native().starts_with(kScratch)) found.push_back(it->path());
  }
  for (const fs::path& path : found) {
    if (fs::is_directory(fs::symlink_status(path, error))) {
      const int lock = lock_folder(path, LOCK_EX | LOCK_NB);
      if (lock < 0) continue;  // its process is running
      fs::remove_all(path, error);
      ::close(lock);
    } else {
      // A single file has no lock. After an hour, no process can still be writing it.
      constexpr std::int64_t kLongAgo = 3600;
      const auto stamp = stamp_of(path);
      const std::int64_t now = std::time(nullptr);
      if (stamp && now - stamp->modified / 1'000'000'000 > kLongAgo) fs::remove(path, error);
    }
  }
}

// The total size of a directory or file, and its last use.
struct Entry {
  fs::path path;
  std::uintmax_t size = 0;
  std::int64_t used = 0;  // seconds since the epoch
};

Entry measure(const fs::path& path) {
  Entry entry{.path = path};
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return entry;
  entry.size = static_cast<std::uintmax_t>(status.st_size);
  entry.used = status.st_mtim.tv_sec;
  if (S_ISDIR(status.st_mode)) {
    std::error_code error;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end;
         it.increment(error)) {
      const Entry inner = it->is_directory(error) ? Entry{} : measure(it->path());
      entry.size += inner.size;
      entry.used = std::max(entry.used, inner.used);
    }
  }
  return entry;
}

}  // namespace

std::vector<fs::path> default_cache_dirs(std::string_view home, std::string_view xdg,
                                         std::string_view tmp) {
  std::vector<fs::path> directories;
  // A relative path in XDG_CACHE_HOME must be ignored (XDG base directory specification).
  if (xdg.starts_with('/')) {
    directories.push_back(fs::path(xdg) / "ofn" / "programs");
  } else if (home.starts_with('/')) {
    directories.push_back(fs::path(home) / ".cache" / "ofn" / "programs");
  }
  directories.push_back(fs::path(tmp.starts_with('/') ? tmp : "/tmp") /
                        ("ofn-" + std::to_string(::geteuid())));
  return directories;
}

Result<Cache> Cache::open(std::span<const fs::path> candidates, Log& log) {
  for (const fs::path& candidate : candidates) {
    const std::string reason = unusable(candidate);
    if (reason.empty()) {
      remove_leftovers(candidate);
      return Cache(candidate, Kind::kShared);
    }
    log.write(Level::kInfo, "the cache directory cannot be used",
              {{"directory", candidate.native()}, {"reason", reason}});
  }
  const fs::path parent = candidates.empty() ? fs::path("/tmp") : candidates.back().parent_path();
  std::string fresh = (parent / "ofn-XXXXXX").native();
  if (::mkdtemp(fresh.data()) == nullptr) {
    return fail(Code::kPermissionDenied,
                "no directory is writable for compiled functions (tried under " + parent.native() +
                    ": " + strerror(errno) + "); set TMPDIR or XDG_CACHE_HOME to one");
  }
  return Cache(fresh, Kind::kOwn);
}

Cache::~Cache() {
  std::error_code ignored;
  if (!scratch_.empty()) fs::remove_all(scratch_, ignored);
  if (scratch_lock_ >= 0) ::close(scratch_lock_);
  if (is_own_) fs::remove_all(directory_, ignored);
}

std::optional<fs::path> Cache::find(std::string_view key, std::string_view extension,
                                    std::set<std::string>* made_from,
                                    std::string_view variant) const {
  const fs::path manifest = directory_ / (std::string(key) + ".deps");
  auto dependencies = read_manifest(manifest);
  if (!dependencies) return std::nullopt;
  std::int64_t newest = 0;
  for (Dependency& each : *dependencies) {
    const auto stamp = stamp_of(each.path);
    if (!stamp) return std::nullopt;
    newest = std::max(newest, stamp->changed);
    if (*stamp == each.stamp) {
      read_.insert_or_assign(each.path, Read{.stamp = each.stamp, .digest = each.digest});
      continue;
    }
    auto digest = digest_file(each.path);
    if (!digest) return std::nullopt;
    each.digest = std::move(*digest);
  }
  newest_.insert_or_assign(std::string(key), newest);
  fs::path result =
      directory_ / (result_name(key, variant, *dependencies) + std::string(extension));
  if (!is_whole(result)) return std::nullopt;
  for (const fs::path& used : {manifest, result, size_file(result)}) mark_used(used);
  for (Dependency& each : *dependencies) {
    if (made_from != nullptr) made_from->insert(std::move(each.path));
  }
  return result;
}

bool Cache::is_full(const Error& failure) const {
  for (const int number : {ENOSPC, EDQUOT}) {
    if (failure.message().find(std::strerror(number)) != std::string::npos) return true;
  }
  // On a full disk, a linker that writes through a mapping is killed by SIGBUS, and prints no
  // reason.
  struct statvfs status{};
  constexpr std::uint64_t kNothing = 256 << 10;  // bytes
  return ::statvfs(directory_.c_str(), &status) == 0 && status.f_blocks != 0 &&
         status.f_bavail * status.f_frsize < kNothing;
}

std::int64_t Cache::begin() {
  // The kernel stamps files with one of these two clocks. The coarse clock lags by up to a tick.
  const std::int64_t begin = now(CLOCK_REALTIME);
  while (now(CLOCK_REALTIME_COARSE) <= begin) {
    constexpr timespec kPart{.tv_sec = 0, .tv_nsec = 500'000};
    ::nanosleep(&kPart, nullptr);
  }
  return begin;
}

std::int64_t Cache::begin(std::span<const std::string> keys) const {
  const std::int64_t tick = now(CLOCK_REALTIME_COARSE);
  const bool are_older = std::ranges::all_of(keys, [&](const std::string& key) {
    const auto at = newest_.find(key);
    return at != newest_.end() && at->second < tick;
  });
  return are_older ? tick - 1 : begin();  // no later stamp is before the tick
}

fs::path Cache::scratch(std::string_view extension) const {
  Random random;
  // Until the folder is locked, another process may take it for a leftover and remove it; so this
  // tries again. If the folder cannot be made, writing into it reports the reason.
  constexpr int kTries = 10;
  for (int i = 0; scratch_.empty() && i < kTries; ++i) {
    fs::path folder = directory_ / (std::string(kScratch) + uuid4(random));
    if (::mkdir(folder.c_str(), 0700) != 0) break;
    const int lock = lock_folder(folder, LOCK_SH);
    if (lock >= 0) {
      scratch_ = std::move(folder);
      scratch_lock_ = lock;
    }
  }
  const fs::path& folder = scratch_.empty() ? directory_ : scratch_;
  return folder / (std::string(kScratch) + uuid4(random) + std::string(extension));
}

Result<fs::path> Cache::keep(std::string_view key, std::string_view extension, const fs::path& made,
                             std::span<const std::string> dependencies, std::int64_t begin,
                             std::string_view variant) const {
  bool is_known = true;
  std::vector<Dependency> known;
  for (const std::string& path : std::set<std::string>(dependencies.begin(), dependencies.end())) {
    const auto stamp = stamp_of(path);
    const auto read = read_.find(path);
    const bool was_read = read != read_.end() && stamp == read->second.stamp;
    auto digest = was_read ? std::optional(read->second.digest) : digest_file(path);
    is_known = is_known && stamp && digest && stamp->changed <= begin;
    if (!is_known) break;
    known.push_back({.stamp = *stamp, .digest = std::move(*digest), .path = path});
  }
  // A dependency has changed, so give the result a name under which it is never found.
  const std::string name = is_known ? result_name(key, variant, known)
                                    : Digest().add(key).add(scratch("").native()).hex() + "-once";
  fs::path result = directory_ / (name + std::string(extension));
  std::error_code error;
  const std::uintmax_t size = fs::file_size(made, error);
  if (!error && !sync(made)) error = std::error_code(errno, std::generic_category());
  if (!error) fs::rename(made, result, error);
  if (error) {
    return fail(Code::kInternal, "cannot write into the cache directory " + directory_.native() +
                                     ": " + error.message());
  }
  if (is_known) {
    auto written = write_atomically(size_file(result), std::to_string(size) + '\n');
    if (written) {
      written = write_atomically(directory_ / (std::string(key) + ".deps"), manifest_text(known));
    }
    if (!written) return std::unexpected(written.error());
  }
  return result;
}

void Cache::mark_used(const fs::path& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

void Cache::trim(std::uintmax_t limit) const {
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code error;
  for (fs::directory_iterator it(directory_, error), end; !error && it != end;
       it.increment(error)) {
    // A process is working there.
    if (it->path().filename().native().starts_with(kScratch)) continue;
    entries.push_back(measure(it->path()));
    total += entries.back().size;
  }
  if (total <= limit) return;
  std::ranges::sort(entries, {}, &Entry::used);
  const std::int64_t now = std::time(nullptr);
  for (const Entry& entry : entries) {
    if (total <= limit || now - entry.used < kRecently) break;
    fs::remove_all(entry.path, error);
    total -= entry.size;
  }
}

Result<void> write_atomically(const fs::path& path, std::string_view text) {
  Random random;
  fs::path part = path;
  part += "." + uuid4(random);
  std::error_code error;
  {
    errno = 0;  // streams report no reason, but the system sets errno
    std::ofstream file(part, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file) error = std::error_code(errno != 0 ? errno : EIO, std::generic_category());
  }
  if (!error) fs::rename(part, path, error);
  if (!error) return {};
  std::error_code ignored;
  fs::remove(part, ignored);
  return fail(Code::kInternal, "cannot write " + path.native() + ": " + error.message());
}

std::vector<std::string> parse_dependencies(std::string_view text) {
  std::vector<std::string> paths;
  std::string word;
  bool is_target = true;  // true before the rule's ':'
  const auto end_word = [&] {
    if (word.ends_with(':')) {
      is_target = false;
    } else if (!word.empty() && !is_target) {
      paths.push_back(word);
    }
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\\' && next == '\n') {
      end_word();
      ++i;
    } else if ((c == '\\' && (next == ' ' || next == '#')) || (c == '$' && next == '$')) {
      word += next;
      ++i;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      end_word();
      if (c == '\n') is_target = true;
    } else {
      word += c;
    }
  }
  end_word();
  return paths;
}

std::vector<std::string> parse_link_dependencies(std::string_view text) {
  std::vector<std::string> paths;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
    end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    if (line.size() > 1 && line.ends_with(':')) paths.emplace_back(line.substr(0, line.size() - 1));
  }
  return paths;
}

std::vector<std::string> absolute_paths(const std::set<std::string>& files) {
  std::set<std::string> paths;
  for (const std::string& file : files) {
    std::error_code error;
    const fs::path path = fs::absolute(file, error);
    const bool is_roundabout = std::ranges::find(path, fs::path("..")) != path.end();
    const fs::path folder = is_roundabout ? fs::canonical(path.parent_path(), error) : fs::path();
    paths.insert(
        (is_roundabout && !error ? folder / path.filename() : path.lexically_normal()).native());
  }
  return {paths.begin(), paths.end()};
}

}  // namespace ofn::loader
