// A server for tests of clients: it answers one request after the other with what the test gave it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ofn::wire::blocking {

inline constexpr const char* kHangUp = "(the connection ends)";  // instead of an answer

// Accepts one connection after another, reads a whole request and writes its next answer.
class CannedServer {
 public:
  explicit CannedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    const bool listens =
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
        ::listen(listener_, 8) == 0 &&
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    OFN_CHECK(listens);
    url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~CannedServer() { stop(); }

  // After stop() the test may read the requests.
  void stop() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::string url;
  std::vector<std::string> requests;
  int connections = 0;

 private:
  void serve() {
    int peer = -1;
    for (const std::string& answer : answers_) {
      std::string request;
      while (true) {
        if (peer < 0) {
          peer = ::accept(listener_, nullptr, nullptr);
          if (peer < 0) return;
          ++connections;
        }
        if (read_request(peer, request)) break;
        ::close(std::exchange(peer, -1));
      }
      requests.push_back(request);
      if (answer == kHangUp) {
        ::close(std::exchange(peer, -1));
        continue;
      }
      if (::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
      if (answer.find("Connection: close") != std::string::npos) ::close(std::exchange(peer, -1));
    }
    if (peer >= 0) ::close(peer);
  }

  static bool read_request(int peer, std::string& request) {
    char buffer[4096];
    while (true) {
      const std::size_t head = request.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t at = request.find("Content-Length: ");
        const std::size_t length = at < head ? std::stoul(request.substr(at + 16)) : 0;
        if (request.size() >= head + 4 + length) return true;
      }
      const ssize_t count = ::recv(peer, buffer, sizeof(buffer), 0);
      if (count <= 0) return false;
      request.append(buffer, static_cast<std::size_t>(count));
    }
  }

  std::vector<std::string> answers_;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace ofn::wire::blocking
