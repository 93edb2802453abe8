// The floor: hello over HTTP/1.1 with nothing but epoll. Whatever a framework
// adds is measured against this.
//
//   epoll PORT THREADS        serves on 127.0.0.1 until a signal ends it
//
// Not a web server. It counts header ends in what one read gave and answers
// each with the same bytes; a request cut in two by the network is missed, and
// bodies are not understood. Load generators that send GETs do neither.
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 13\r\n"
    "\r\n"
    "hello, world\n";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

// Answers what one connection has sent. False when the connection is over.
bool answer(int connection) {
  char in[16384];
  const ssize_t n = read(connection, in, sizeof in);
  if (n <= 0) return n < 0 && errno == EAGAIN;

  std::string out;
  const std::string_view text(in, static_cast<std::size_t>(n));
  for (auto at = text.find(kHeaderEnd); at != text.npos; at = text.find(kHeaderEnd, at + 1)) {
    out += kAnswer;
  }
  // A peer that does not read its answers is dropped, not waited for.
  return send(connection, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

// One thread: waits for its own connections, level-triggered.
void work(int epoll) {
  epoll_event events[256];
  for (;;) {
    const int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      // Closing also removes it from the epoll.
      if (!answer(events[i].data.fd)) close(events[i].data.fd);
    }
  }
}

int fail(const char* what) {
  std::perror(what);
  return 1;
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 0;
  unsigned threads = 0;
  if (argc != 3 || !parse(argv[1], port) || !parse(argv[2], threads) || threads == 0) {
    std::fprintf(stderr, "usage: %s PORT THREADS\n", argv[0]);
    return 2;
  }

  const int on = 1;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0) return fail("socket");
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail("bind");
  if (listen(listener, SOMAXCONN) != 0) return fail("listen");

  std::vector<int> epolls;
  for (unsigned i = 0; i < threads; ++i) {
    epolls.push_back(epoll_create1(EPOLL_CLOEXEC));
    if (epolls.back() < 0) return fail("epoll_create1");
    std::thread(work, epolls.back()).detach();
  }

  // One accept for all, in turn: every thread has its share of connections
  // also when there are few.
  for (std::size_t next = 0;; next = (next + 1) % epolls.size()) {
    const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return fail("accept");
    }
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = connection;
    if (epoll_ctl(epolls[next], EPOLL_CTL_ADD, connection, &event) != 0) return fail("epoll_ctl");
  }
}
