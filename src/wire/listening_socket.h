// A socket that listens: one that this process makes, or one that it has got from the process that started it.
//
//   auto socket = ListeningSocket::listen({"0.0.0.0", 8080, {}});
//   auto inherited = ListeningSocket::inherit(3);
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "wire/endpoint.h"

namespace ofn::wire {

// Lifetime: the destructor closes the descriptor. It removes the file of a Unix socket that listen() has made, unless another
// socket has taken the path since.
// Threads: one at a time.
class ListeningSocket {
 public:
  // Binds and listens. Host "::" is dual-stack.
  // Errors: kAlreadyExists if the port is in use (the error names the process that holds it, if that can be read),
  // kPermissionDenied, kInvalidArgument (no such address).
  static Result<ListeningSocket> listen(const Endpoint& endpoint);
  // Takes over a descriptor of a TCP or Unix socket that listens. Programs that this process starts do not inherit it further.
  // Errors: kInvalidArgument, and says what the descriptor is instead; the descriptor stays the caller's.
  static Result<ListeningSocket> inherit(int fd);

  ListeningSocket(ListeningSocket&& other) noexcept;
  ListeningSocket& operator=(ListeningSocket&&) = delete;
  ~ListeningSocket();

  int fd() const { return fd_; }
  bool is_unix() const { return address_.is_unix(); }
  // If the port to listen on was 0: with the port that the kernel chose.
  const Endpoint& address() const { return address_; }
  // Leaves the file of a Unix socket to the process that serves the socket from now on.
  void leave_path() { made_path_.clear(); }

 private:
  ListeningSocket(int fd, Endpoint address) : fd_(fd), address_(std::move(address)) {}

  int fd_;
  Endpoint address_;
  std::string made_path_;  // empty: the destructor removes nothing
  std::uint64_t path_device_ = 0;
  std::uint64_t path_inode_ = 0;
};

}  // namespace ofn::wire
