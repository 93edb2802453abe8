// The owner of a file descriptor.
//
//   const os::Descriptor file(::open(path, O_RDONLY | O_CLOEXEC));
//   if (!file) return failure(errno);
#pragma once

#include <unistd.h>
#include <utility>

namespace ofn::os {

// Lifetime: the destructor closes the descriptor. Threads: one at a time.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Gives the descriptor to the caller, who closes it.
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

}  // namespace ofn::os
