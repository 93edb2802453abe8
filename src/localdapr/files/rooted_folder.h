// A folder that no path leaves: names given from outside are resolved as if the folder were the
// root of the file system, and opened so that a link put in the way afterwards is refused, not
// followed.
//
//   Result<RootedFolder> folder = RootedFolder::open("/data");
//   PathResult<std::string> path = folder->resolve("../../etc/x");   // "etc/x"
//   PathResult<Descriptor> parent = folder->open_parent(*path, Missing::kCreate);
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace ofn::localdapr {

// An open file descriptor, owned.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  // False: what was written may not have reached the file (errno says why).
  bool close();

 private:
  int fd_ = -1;
};

// Puts a folder's names on the disk. Nothing is to be done in one that may not be read, nor where the
// file system says that it has no need. False: errno says why.
bool sync_folder(int folder);

// The operating system's message for `error_number`, as Go writes it: in lower case.
std::string system_message(int error_number);

// A system call that failed, as Go tells it: "open /data/x: permission denied".
struct PathError {
  std::string_view call;  // a literal
  std::string path;
  int number;  // errno

  std::string message() const {
    return std::string(call) + " " + path + ": " + system_message(number);
  }
};
template <class T>
using PathResult = std::expected<T, PathError>;

enum class Missing { kFail, kCreate };

// A value: an absolute path, links in it resolved. Threads: any.
class RootedFolder {
 public:
  // Relative paths begin at the working directory. Makes the folder and its parents when they are
  // missing. Errors: kInvalidArgument for a path that is no folder or that no component may use
  // (/proc, /sys, /boot, mounted secrets).
  static Result<RootedFolder> open(std::string_view path);

  const std::string& path() const { return path_; }
  // The absolute path of what resolve() returned.
  std::string absolute(std::string_view relative) const;

  // The target of `name`: a path below the folder without links, "." or ".."; empty for the folder
  // itself. Parts that do not exist stay as they are named. Links lead where they would if the folder
  // were the root; ".." stops there.
  PathResult<std::string> resolve(std::string_view name) const;

  // Opens the folder that holds `relative` (a result of resolve(), not empty). Folders that it makes
  // are on the disk then.
  PathResult<Descriptor> open_parent(std::string_view relative, Missing missing) const;
  // Opens the folder `relative` itself, for reading its entries.
  PathResult<Descriptor> open_folder(std::string_view relative) const;

 private:
  explicit RootedFolder(std::string path) : path_(std::move(path)) {}
  PathResult<Descriptor> walk(std::string_view relative, Missing missing) const;

  std::string path_;
};

// The last part of a path: "c" of "a/b/c".
std::string_view base_name(std::string_view relative);

}  // namespace ofn::localdapr
