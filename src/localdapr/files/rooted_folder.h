// A folder that no path leaves. Paths from outside are resolved as if the folder were the root of
// the file system. They are opened so that a link which is created later is refused and not
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

// Owns an open file descriptor.
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
  // Returns false if written data may not have reached the file; errno says why.
  bool close();

 private:
  int fd_ = -1;
};

// Syncs a folder's names to the disk. Does nothing for a folder that may not be read, or if the
// file system does not support it. Returns false if it fails; errno says why.
bool sync_folder(int folder);

// Returns the operating system's message for `error_number` in lower case, as Go writes it.
std::string system_message(int error_number);

// A failed system call, described as Go does: "open /data/x: permission denied".
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

// A value: an absolute path without links. Threads: any.
class RootedFolder {
 public:
  // A relative path begins at the working directory. Creates the folder and its parents if they are
  // missing. Errors: kInvalidArgument for a path that is not a folder or that no component may use
  // (/proc, /sys, /boot, mounted secrets).
  static Result<RootedFolder> open(std::string_view path);

  const std::string& path() const { return path_; }
  // Returns the absolute path for a result of resolve().
  std::string absolute(std::string_view relative) const;

  // Returns the target of `name`: a path below the folder without links, "." or ".."; empty for the
  // folder itself. Parts that do not exist are kept. Links are followed as if the folder were the
  // root; ".." at the root stays there.
  PathResult<std::string> resolve(std::string_view name) const;

  // Opens the folder that contains `relative` (a result of resolve(), not empty). Folders that it
  // creates are synced to the disk.
  PathResult<Descriptor> open_parent(std::string_view relative, Missing missing) const;
  // Opens the folder `relative` itself, to read its entries.
  PathResult<Descriptor> open_folder(std::string_view relative) const;

 private:
  explicit RootedFolder(std::string path) : path_(std::move(path)) {}
  PathResult<Descriptor> walk(std::string_view relative, Missing missing) const;

  std::string path_;
};

// Returns the last part of a path: "c" of "a/b/c".
std::string_view base_name(std::string_view relative);

}  // namespace ofn::localdapr
