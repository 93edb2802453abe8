#include "dev/api_client.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include "os/descriptor.h"

namespace ofn::dev {

namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// HTTP/1.0, so that the end of the connection is the end of the answer.
class Asking {
 public:
  static Result<Asking> begin(const std::string& path, std::string_view method,
                              std::string_view target, std::string_view body) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    Asking asking(os::Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)));
    if (path.size() >= sizeof address.sun_path)
      return fail(Code::kUnavailable, "the path of the socket is too long: " + path);
    path.copy(address.sun_path, path.size());
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    if (!asking.socket_ || ::connect(asking.fd(), generic, sizeof address) != 0)
      return fail(Code::kUnavailable, "cannot reach " + path + ": " + std::strerror(errno));
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.0\r\nHost: localhost\r\n");
    if (method != "GET")
      text.append("Content-Length: " + std::to_string(body.size())).append("\r\n");
    text.append("\r\n").append(body);
    std::string_view rest = text;
    while (!rest.empty()) {
      const ssize_t sent = ::send(asking.fd(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      // The answer may be there already: it says why the rest is not read.
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    return asking;
  }

  int fd() const { return socket_.get(); }
  const std::string& read() const { return read_; }
  std::string& read() { return read_; }

  // Reads once. Returns false at the end.
  bool read_some() {
    std::array<char, 65536> buffer{};
    for (;;) {
      const ssize_t size = ::read(fd(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return false;
      read_.append(buffer.data(), static_cast<std::size_t>(size));
      return true;
    }
  }

  std::optional<int> status() const {
    if (read_.find(kHeadEnd) == std::string::npos) return std::nullopt;
    const std::size_t blank = read_.find(' ');
    int status = 0;
    if (blank != std::string::npos)
      std::from_chars(read_.data() + blank + 1, read_.data() + read_.size(), status);
    return status;
  }

  Result<ApiReply> reply() && {
    const auto known = status();
    const std::size_t head = read_.find(kHeadEnd);
    if (!known) return fail(Code::kUnavailable, "the loop ended before it had answered");
    // A body that has been cut has another length than the head says.
    constexpr std::string_view kLength = "\r\ncontent-length: ";
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    const auto at = std::ranges::search(read_.begin(), read_.begin() + static_cast<long>(head),
                                        kLength.begin(), kLength.end(), {}, lower);
    ApiReply reply{.status = *known, .body = read_.substr(head + kHeadEnd.size())};
    if (!at.empty()) {
      std::size_t length = 0;
      std::from_chars(&*at.begin() + kLength.size(), read_.data() + head, length);
      if (reply.body.size() != length)
        return fail(Code::kUnavailable, "the loop ended before it had answered");
    }
    return reply;
  }

 private:
  explicit Asking(os::Descriptor socket) : socket_(std::move(socket)) {}

  os::Descriptor socket_;
  std::string read_;
};

}  // namespace

Result<ApiReply> ApiClient::ask(std::string_view method, std::string_view target,
                                std::string_view body) const {
  auto asking = Asking::begin(socket_, method, target, body);
  if (!asking) return std::unexpected(std::move(asking).error());
  while (asking->read_some()) {
  }
  return std::move(*asking).reply();
}

Result<ApiReply> ApiClient::follow(std::string_view target,
                                   const std::function<bool(std::string_view)>& on_line) const {
  auto asking = Asking::begin(socket_, "GET", target, {});
  if (!asking) return std::unexpected(std::move(asking).error());
  bool has_head = false;
  while (asking->read_some()) {
    std::string& read = asking->read();
    if (!has_head) {
      const auto status = asking->status();
      if (!status) continue;
      if (*status != 200) {
        while (asking->read_some()) {
        }
        return std::move(*asking).reply();
      }
      has_head = true;
      read.erase(0, read.find(kHeadEnd) + kHeadEnd.size());
    }
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = read.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
      if (!on_line(std::string_view(read).substr(begin, end - begin)))
        return ApiReply{.status = 200};
    }
    read.erase(0, begin);
  }
  if (!has_head) return fail(Code::kUnavailable, "the loop ended before it had answered");
  return ApiReply{.status = 200};
}

void ApiClient::ask_often(std::string_view method, std::string_view target, std::string_view body,
                          std::size_t count, std::size_t at_a_time,
                          const std::function<void(Result<ApiReply>)>& on_reply) const {
  std::vector<Asking> under_way;
  std::size_t begun = 0;
  while (begun < count || !under_way.empty()) {
    while (begun < count && under_way.size() < std::max<std::size_t>(at_a_time, 1)) {
      ++begun;
      auto asking = Asking::begin(socket_, method, target, body);
      if (!asking) {
        on_reply(std::unexpected(std::move(asking).error()));
      } else {
        under_way.push_back(*std::move(asking));
      }
    }
    std::vector<pollfd> watched;
    for (const Asking& asking : under_way)
      watched.push_back({.fd = asking.fd(), .events = POLLIN, .revents = 0});
    if (watched.empty()) continue;
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t at = watched.size(); at-- > 0;) {
      if (watched[at].revents == 0 || under_way[at].read_some()) continue;
      on_reply(std::move(under_way[at]).reply());
      under_way.erase(under_way.begin() + static_cast<long>(at));
    }
  }
}

}  // namespace ofn::dev
