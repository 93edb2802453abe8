#include "os/file_watch.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "os/path_walker.h"

namespace ofn::os {
namespace {

constexpr std::uint32_t kOfItself = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kOfEntries =
    kOfItself | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB;
// How often watch() looks again if folders change while it makes the watches.
constexpr int kTries = 10;

Error watch_error(const std::string& path, const std::string& folder, int number) {
  const std::string what = "cannot watch " + path + ": ";
  switch (number) {
    case ENOSPC:
      return {Code::kResourceExhausted,
              what + "this user has too many watches; raise fs.inotify.max_user_watches (sysctl)"};
    case ENOENT:
    case ENOTDIR:
      return {Code::kNotFound, what + "there is no folder " + folder};
    case EACCES:
      return {Code::kPermissionDenied, what + "folder " + folder + " cannot be read"};
    default:
      return {Code::kInternal, what + std::strerror(number)};
  }
}

// Returns true if a program has just created the file and is about to write it. The change is then
// that program's close.
bool is_being_written(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
         status.st_size == 0;
}

void add_once(std::vector<std::size_t>& items, std::size_t item) {
  if (items.empty() || items.back() != item) items.push_back(item);
}

}  // namespace

// The folders to watch for a set of items, in the order in which they get their watches.
class FileWatch::Plan {
 public:
  Plan(std::span<const std::string> items, std::size_t files) {
    PathWalker walker;
    std::vector<std::pair<std::string, std::size_t>> above;
    for (std::size_t item = 0; item < items.size(); ++item) {
      const PathWay way = walker.way_of(items[item]);
      const bool is_folder = item >= files && way.exists;
      for (const PathPlace& place : way.places) {
        Folder& folder = of(place.folder);
        add_once(folder.below, item);
        add_once(folder.names[place.name], item);
      }
      if (is_folder) {
        Folder& folder = of(way.places.back().folder == "/"
                                ? "/" + way.places.back().name
                                : way.places.back().folder + "/" + way.places.back().name);
        folder.content.push_back(item);
        add_once(folder.below, item);
      }
      for (const std::string& folder : way.folders) above.emplace_back(folder, item);
    }
    // They come last, because a file is noticed without them unless a whole tree is moved.
    for (const auto& [folder, item] : above) add_once(of(folder).below, item);
  }

  std::vector<Folder> folders;
  bool operator==(const Plan& other) const { return folders == other.folders; }
  bool has(const std::string& path) const { return index_.contains(path); }

 private:
  Folder& of(const std::string& path) {
    const auto [at, is_new] = index_.try_emplace(path, folders.size());
    if (is_new) folders.push_back({.path = path, .names = {}, .content = {}, .below = {}});
    return folders[at->second];
  }
  std::map<std::string, std::size_t, std::less<>> index_;
};

// Collects changes, each once.
class FileWatch::Told {
 public:
  Told(const FileWatch& watch, Changed& changed)
      : watch_(watch), changed_(changed), paths_(changed.files.begin(), changed.files.end()) {
    paths_.insert(changed.folders.begin(), changed.folders.end());
    for (const Entry& entry : changed.entries) entries_.emplace(entry.folder, entry.name);
  }

  void add(const Items& items) {
    for (const std::size_t item : items) {
      const std::string& path = watch_.items_[item];
      const bool is_file = item < watch_.files_;
      if (paths_.insert(path).second) (is_file ? changed_.files : changed_.folders).push_back(path);
    }
  }
  void add_everything() {
    for (std::size_t item = 0; item < watch_.items_.size(); ++item) add({item});
    changed_.watch_again = true;
  }
  void add_entry(const Items& folders, std::string_view name) {
    for (const std::size_t item : folders) {
      const std::string& folder = watch_.items_[item];
      if (entries_.emplace(folder, name).second)
        changed_.entries.push_back({.folder = folder, .name = std::string(name)});
    }
  }
  void watch_again() { changed_.watch_again = true; }

 private:
  const FileWatch& watch_;
  Changed& changed_;
  std::set<std::string, std::less<>> paths_;
  std::set<std::pair<std::string, std::string>> entries_;
};

Result<FileWatch> FileWatch::make() {
  Descriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (inotify) return FileWatch(std::move(inotify));
  const int number = errno;
  return fail(Code::kResourceExhausted,
              std::string("cannot watch files: ") + std::strerror(number) +
                  (number == EMFILE ? "; raise the limit of open files (ulimit -n), or "
                                      "fs.inotify.max_user_instances (sysctl)"
                                    : ""));
}

std::optional<FileWatch::Unwatched> FileWatch::watch(std::span<const std::string> files,
                                                     std::span<const std::string> folders) {
  {
    // The kernel's numbers of watches that go are unknown from now on.
    Told told(*this, unread_);
    read_events(told);
  }
  items_.assign(files.begin(), files.end());
  items_.insert(items_.end(), folders.begin(), folders.end());
  files_ = files.size();
  const std::set<std::string_view> known(items_.begin(), items_.end());
  const auto is_unknown = [&](const std::string& path) { return !known.contains(path); };
  std::erase_if(unread_.files, is_unknown);
  std::erase_if(unread_.folders, is_unknown);
  std::erase_if(unread_.entries, [&](const Entry& entry) { return is_unknown(entry.folder); });
  unread_.watch_again = false;
  Plan plan(items_, files_);
  for (int tries = 0;; ++tries) {
    auto unwatched = carry_out(plan);
    // A folder may have been made or replaced before its watch was there.
    Plan again(items_, files_);
    if (again == plan || tries == kTries) return unwatched;
    plan = std::move(again);
  }
}

std::optional<FileWatch::Unwatched> FileWatch::carry_out(Plan plan) {
  // First of all, so that the new ones have room.
  for (const auto& [number, folder] : folders_) {
    if (!plan.has(folder.path)) ::inotify_rm_watch(inotify_.get(), number);
  }
  std::map<int, Folder> folders;
  std::optional<Error> why;
  std::set<std::size_t> without;
  for (Folder& folder : plan.folders) {
    const bool has_entries = !folder.names.empty() || !folder.content.empty();
    const int number = ::inotify_add_watch(inotify_.get(), folder.path.c_str(),
                                           has_entries ? kOfEntries : kOfItself);
    if (number >= 0) {
      // Two paths may be one folder, by a bind mount. The one that comes first has the entries.
      const auto [at, is_new] = folders.try_emplace(number, folder);
      if (is_new) continue;
      ::inotify_add_watch(inotify_.get(), folder.path.c_str(), kOfEntries);
      for (auto& [name, items] : folder.names) {
        for (const std::size_t item : items) at->second.names[name].push_back(item);
      }
      at->second.content.insert(at->second.content.end(), folder.content.begin(),
                                folder.content.end());
      at->second.below.insert(at->second.below.end(), folder.below.begin(), folder.below.end());
    } else if (has_entries) {
      const int error = errno;
      for (const auto& [name, items] : folder.names) without.insert(items.begin(), items.end());
      without.insert(folder.content.begin(), folder.content.end());
      const std::size_t first =
          folder.content.empty() ? folder.names.begin()->second.front() : folder.content.front();
      if (!why) why = watch_error(items_[first], folder.path, error);
    }
  }
  for (const auto& [number, folder] : folders_) {
    if (!folders.contains(number)) ::inotify_rm_watch(inotify_.get(), number);
  }
  folders_ = std::move(folders);
  if (!why) return std::nullopt;
  Unwatched unwatched{.why = std::move(*why), .paths = {}};
  for (const std::size_t item : without) unwatched.paths.push_back(items_[item]);
  return unwatched;
}

FileWatch::Changed FileWatch::changed() {
  Changed changed = std::exchange(unread_, {});
  Told told(*this, changed);
  read_events(told);
  return changed;
}

void FileWatch::read_events(Told& told) const {
  alignas(inotify_event) std::array<char, 16384> buffer;
  while (true) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) told.add_everything();
      const auto found = folders_.find(event.wd);
      if (found == folders_.end()) continue;
      const Folder& folder = found->second;
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) != 0) {
        told.add(folder.below);
        told.watch_again();
        continue;
      }
      // An attribute of the folder itself.
      if (name.empty()) continue;
      const std::string path = folder.path + "/" + std::string(name);
      if ((event.mask & IN_CREATE) != 0 && is_being_written(path)) continue;
      const bool is_folder = (event.mask & IN_ISDIR) != 0;
      if (!folder.content.empty()) {
        if (is_folder)
          told.add(folder.content);
        else
          told.add_entry(folder.content, name);
      }
      const auto items = folder.names.find(name);
      if (items == folder.names.end()) continue;
      told.add(items->second);
      struct stat status{};
      const bool is_file = ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
      if (!is_file) told.watch_again();
    }
  }
}

}  // namespace ofn::os
