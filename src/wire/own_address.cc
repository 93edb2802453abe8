#include "wire/own_address.h"

#include <cerrno>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ofn::wire {

bool is_own_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), "0", &hints, &found);
  if (status != 0) return status == EAI_MEMORY || status == EAI_SYSTEM;
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool is_elsewhere =
      fd < 0 ? errno == EAFNOSUPPORT
             : bind(fd, found->ai_addr, found->ai_addrlen) != 0 && errno == EADDRNOTAVAIL;
  freeaddrinfo(found);
  if (fd >= 0) close(fd);
  return !is_elsewhere;
}

}  // namespace ofn::wire
