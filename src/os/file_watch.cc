#include "os/file_watch.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <set>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ofn::os {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                  IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// The folder and name of a file.
struct Place {
  fs::path folder;
  std::string name;
};

// The place that the path names, and the place of the file that it leads to if it is a link.
std::vector<Place> places_of(const std::string& file) {
  std::error_code error;
  const fs::path path = fs::absolute(file, error).lexically_normal();
  std::vector<Place> places = {{path.parent_path(), path.filename()}};
  const fs::path target = fs::canonical(path, error);
  if (!error && target != path) places.push_back({target.parent_path(), target.filename()});
  return places;
}

Error watch_error(const std::string& file, const fs::path& folder, int number) {
  const std::string what = "cannot watch " + file + ": ";
  switch (number) {
    case ENOSPC:
      return {Code::kResourceExhausted,
              what + "this user has too many watches; raise fs.inotify.max_user_watches (sysctl)"};
    case ENOENT:
    case ENOTDIR:
      return {Code::kNotFound, what + "there is no folder " + folder.native()};
    case EACCES:
      return {Code::kPermissionDenied, what + "folder " + folder.native() + " cannot be read"};
    default:
      return {Code::kInternal, what + std::strerror(number)};
  }
}

// Returns true if a program has just created the file and is about to write it. The change is then
// that program's close.
bool is_being_written(const fs::path& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

}  // namespace

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

Result<void> FileWatch::watch(std::span<const std::string> files) {
  std::map<int, FilesOfName> folders;
  Result<void> result;
  for (const std::string& file : files) {
    for (const Place& place : places_of(file)) {
      const int folder =
          ::inotify_add_watch(inotify_.get(), place.folder.c_str(), kEvents | IN_ONLYDIR);
      if (folder >= 0) {
        folders[folder][place.name].push_back(file);
      } else if (result) {
        result = std::unexpected(watch_error(file, place.folder, errno));
      }
    }
  }
  for (const auto& [folder, names] : folders_) {
    if (!folders.contains(folder)) ::inotify_rm_watch(inotify_.get(), folder);
  }
  folders_ = std::move(folders);
  return result;
}

std::vector<std::string> FileWatch::changed() {
  std::vector<std::string> changed;
  std::set<std::string, std::less<>> known;
  const auto add = [&](const std::vector<std::string>& files) {
    for (const std::string& file : files) {
      if (known.insert(file).second) changed.push_back(file);
    }
  };
  const auto add_all = [&](const FilesOfName& names) {
    for (const auto& [name, files] : names) add(files);
  };
  alignas(inotify_event) std::array<char, 16384> buffer;
  while (true) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return changed;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const std::string_view name = event.len == 0 ? "" : buffer.data() + at + sizeof event;
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        for (const auto& [folder, names] : folders_) add_all(names);
      }
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end()) continue;
      if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0) {
        add_all(folder->second);
        if ((event.mask & IN_IGNORED) != 0) folders_.erase(folder);
        continue;
      }
      const auto files = folder->second.find(name);
      if (files == folder->second.end()) continue;
      if ((event.mask & IN_CREATE) != 0 && is_being_written(files->second.front())) continue;
      add(files->second);
    }
  }
}

}  // namespace ofn::os
