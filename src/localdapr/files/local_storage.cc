#include "localdapr/files/local_storage.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/random.h"
#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

// In daprd's order.
constexpr std::array<std::string_view, 4> kOperations = {"create", "get", "list", "delete"};
// A file that is being written; `list` does not show it.
constexpr std::string_view kPartPrefix = ".ofn-part-";
// The largest answer of `get`, far above the limit of a client's gRPC (4 MiB by default).
constexpr std::size_t kMaxRead = std::size_t{100} * 1024 * 1024;

// "error creating file /a/b: open /a/b: is a directory".
std::unexpected<Error> failure(std::string_view what, std::string_view path, std::string_view why) {
  std::string message(what);
  message.append(" ").append(path).append(": ").append(why);
  return fail(Code::kInternal, std::move(message));
}

std::unexpected<Error> failure(std::string_view what, std::string_view call,
                               const std::string& path, int number) {
  return failure(what, path, PathError{call, path, number}.message());
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Owned by write(). Removes the unfinished file unless it was renamed.
struct PartFile {
  int folder;
  std::string name;
  bool renamed = false;
  ~PartFile() {
    if (!renamed) ::unlinkat(folder, name.c_str(), 0);
  }
};

struct Entry {
  std::string name;
  bool is_folder;
};

std::vector<Entry> read_entries(Descriptor folder) {
  std::vector<Entry> entries;
  DIR* stream = ::fdopendir(folder.get());
  if (stream == nullptr) return entries;
  folder.release();
  // readdir(3) is thread-safe if only one thread uses the stream.
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name.starts_with(kPartPrefix)) continue;
    struct stat status{};
    if (::fstatat(::dirfd(stream), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    entries.push_back({std::string(name), S_ISDIR(status.st_mode)});
  }
  ::closedir(stream);
  std::ranges::sort(entries, {}, &Entry::name);
  return entries;
}

}  // namespace

Result<std::unique_ptr<BlockingBinding>> LocalStorage::create(const Component& component) {
  auto folder = RootedFolder::open(component.property("rootPath").value_or(""));
  if (!folder) return std::unexpected(std::move(folder.error()));
  return std::unique_ptr<BlockingBinding>(new LocalStorage(*std::move(folder)));
}

std::span<const std::string_view> LocalStorage::operations() const { return kOperations; }

Result<SidecarReply> LocalStorage::invoke(const dapr::BindingRequest& request,
                                          Deadline /*deadline*/) {
  const std::string_view name = metadata_value(request, "fileName");
  if (request.operation == "get") return read(name);
  if (request.operation == "list") return list(name);
  if (request.operation == "delete") return remove(name);
  const auto unquoted = go_unquote(request.data);
  const std::string& text = unquoted ? *unquoted : request.data;
  const auto decoded = go_base64(text);
  const std::string& data = decoded ? *decoded : text;
  if (!name.empty()) return write(name, data);
  Random random;
  return write(uuid4(random), data);
}

Result<std::string> LocalStorage::resolve(std::string_view name) const {
  auto path = folder_.resolve(name);
  if (!path) return failure("error getting absolute path for file", name, path.error().message());
  return *std::move(path);
}

Result<SidecarReply> LocalStorage::write(std::string_view name, std::string_view data) const {
  const auto path = resolve(name);
  if (!path) return std::unexpected(path.error());
  const std::string absolute = folder_.absolute(*path);
  const auto creating = [&absolute](int number) {
    return failure("error creating file", "open", absolute, number);
  };
  if (path->empty()) return creating(EISDIR);
  auto folder = folder_.open_parent(*path, Missing::kCreate);
  const std::string file(base_name(*path));
  if (!folder) {
    const std::string parent = absolute.substr(0, absolute.size() - file.size() - 1);
    return failure("error creating directory", parent, folder.error().message());
  }

  struct stat existing{};
  const bool exists = ::fstatat(folder->get(), file.c_str(), &existing, AT_SYMLINK_NOFOLLOW) == 0;
  if (exists && S_ISDIR(existing.st_mode)) return creating(EISDIR);
  if (exists && ::faccessat(folder->get(), file.c_str(), W_OK, AT_EACCESS) != 0) {
    return creating(errno);
  }
  Random random;
  const std::string part_name = std::string(kPartPrefix) + uuid4(random);
  constexpr mode_t kAnyone = 0666;  // reduced by the process's umask
  Descriptor part(::openat(folder->get(), part_name.c_str(),
                           O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kAnyone));
  if (!part.is_open()) return creating(errno);
  PartFile cleanup{.folder = folder->get(), .name = part_name};
  if (exists) ::fchmod(part.get(), existing.st_mode & 0777U);
  // The data must be on the disk before the file gets its name, so that acknowledged data survives
  // a loss of power.
  if (!write_all(part.get(), data) || ::fsync(part.get()) != 0 || !part.close()) {
    return failure("error writing to file", "write", absolute, errno);
  }
  if (::renameat(folder->get(), part_name.c_str(), folder->get(), file.c_str()) != 0) {
    return creating(errno);
  }
  cleanup.renamed = true;
  if (!sync_folder(folder->get())) {
    return failure("error writing to file", "fsync", absolute, errno);
  }

  SidecarReply reply{.data = "{\"fileName\":", .metadata = {}};
  append_go_json(reply.data, *path);
  reply.data.push_back('}');
  return reply;
}

Result<SidecarReply> LocalStorage::read(std::string_view name) const {
  const auto path = resolve(name);
  if (!path) return std::unexpected(path.error());
  const std::string absolute = folder_.absolute(*path);
  const auto opening = [&absolute](int number) -> std::unexpected<Error> {
    if (number == ENOENT) return fail(Code::kInternal, "file not found: " + absolute);
    return failure("error opening path", "open", absolute, number);
  };
  const auto reading = [&absolute](int number) {
    return failure("error reading file", "read", absolute, number);
  };
  if (path->empty()) return reading(EISDIR);
  auto folder = folder_.open_parent(*path, Missing::kFail);
  if (!folder) return opening(folder.error().number);
  // Non-blocking, because a pipe could make open() and read() wait for ever.
  const Descriptor file(::openat(folder->get(), std::string(base_name(*path)).c_str(),
                                 O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
  if (!file.is_open()) return opening(errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return reading(errno);
  if (S_ISDIR(status.st_mode)) return reading(EISDIR);
  if (!S_ISREG(status.st_mode))
    return failure("error opening path", absolute, "not a regular file");

  SidecarReply reply;
  std::size_t size = 0;
  // One more byte, to notice the end.
  std::size_t room = static_cast<std::size_t>(status.st_size) + 1;
  while (true) {
    if (size > kMaxRead || room > kMaxRead + 1) {
      return failure("error reading file", absolute, "larger than 100 MiB");
    }
    if (reply.data.size() < room) reply.data.resize(room);
    const ssize_t count = ::read(file.get(), reply.data.data() + size, room - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return reading(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size == room) room *= 2;  // the file has grown, or its size is unknown (0)
  }
  reply.data.resize(size);
  return reply;
}

void LocalStorage::append_files(std::string& json, const std::string& folder) const {
  auto opened = folder_.open_folder(folder);
  if (!opened) return;  // as in daprd, a folder that cannot be read is skipped
  for (const Entry& entry : read_entries(*std::move(opened))) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.is_folder) {
      append_files(json, path);
    } else {
      if (json.size() > 1) json.push_back(',');
      append_go_json(json, folder_.absolute(path));
    }
  }
}

Result<SidecarReply> LocalStorage::list(std::string_view name) const {
  const auto path = resolve(name);
  if (!path) return std::unexpected(path.error());
  const std::string absolute = folder_.absolute(*path);
  struct stat status{};
  if (::lstat(absolute.c_str(), &status) != 0) {
    return failure("error getting stats for path", "stat", absolute, errno);
  }
  if (!S_ISDIR(status.st_mode)) {
    return fail(Code::kInternal,
                "unable to list files as the file specified is not a directory: " + absolute);
  }
  SidecarReply reply{.data = "[", .metadata = {}};
  append_files(reply.data, *path);
  // Go encodes an empty list as null.
  reply.data = reply.data.size() == 1 ? "null" : reply.data + "]";
  return reply;
}

Result<SidecarReply> LocalStorage::remove(std::string_view name) const {
  const auto path = resolve(name);
  if (!path) return std::unexpected(path.error());
  const std::string absolute = folder_.absolute(*path);
  const auto removing = [&absolute](int number) {
    return failure("error deleting file", "remove", absolute, number);
  };
  // The folder itself is never removed, even if it is empty.
  if (path->empty()) return removing(ENOTEMPTY);
  auto folder = folder_.open_parent(*path, Missing::kFail);
  if (!folder) return removing(folder.error().number);
  const std::string file(base_name(*path));
  if (::unlinkat(folder->get(), file.c_str(), 0) == 0) return SidecarReply{};
  const int file_error = errno;
  if (::unlinkat(folder->get(), file.c_str(), AT_REMOVEDIR) == 0) return SidecarReply{};
  return removing(errno == ENOTDIR ? file_error : errno);
}

}  // namespace ofn::localdapr
