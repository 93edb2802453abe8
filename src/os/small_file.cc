#include "os/small_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/descriptor.h"

namespace ofn::os {
namespace {

std::unexpected<Error> failure(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return fail(Code::kNotFound, "there is no such file");
    case EACCES:
    case EPERM:
      return fail(Code::kPermissionDenied, "this user may not read the file");
    default:
      return fail(Code::kInternal,
                  std::string("the file cannot be read: ") + std::strerror(number));
  }
}

}  // namespace

Result<std::string> read_small_file(const std::string& path) {
  // Without O_NONBLOCK, the opening of a pipe would wait for its writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return failure(errno);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure(errno);
  if (S_ISDIR(status.st_mode)) return fail(Code::kInvalidArgument, "it is a directory, not a file");
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::kInvalidArgument, "it is a pipe or a device, not a regular file");
  }
  // One byte more than the limit shows that the file is too large, also if it grows meanwhile.
  std::string text(kMaxSmallFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file.get(), text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure(errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kMaxSmallFileBytes) {
    return fail(Code::kInvalidArgument, "the file is larger than 1 MiB");
  }
  text.resize(size);
  text.shrink_to_fit();
  return text;
}

}  // namespace ofn::os
