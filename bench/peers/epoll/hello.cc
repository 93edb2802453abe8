// The floor: hello over HTTP/1.1 with nothing but epoll. The difference from it is what a framework
// adds.
//
//   epoll PORT THREADS        serves on 127.0.0.1 until a signal ends it
//
// This is not a web server. It counts the ends of heads in the bytes of one read, and answers each
// with the same bytes. It misses a request that arrives in two pieces, and does not understand
// bodies. Load generators that send GETs cause neither.
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

// Answers the requests that one connection has sent. Returns false if the connection has ended.
bool answer(int connection) {
  char in[16384];
  const ssize_t n = read(connection, in, sizeof in);
  if (n <= 0) return n < 0 && errno == EAGAIN;

  std::string out;
  const std::string_view text(in, static_cast<std::size_t>(n));
  for (auto at = text.find(kHeaderEnd); at != text.npos; at = text.find(kHeaderEnd, at + 1)) {
    out += kAnswer;
  }
  // A client that does not read its answers is disconnected: nothing waits for it.
  return send(connection, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

// The work of one thread: it waits for its own connections, level-triggered.
void work(int epoll) {
  epoll_event events[256];
  for (;;) {
    const int ready = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      // Closing a connection also removes it from the epoll.
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

  // This thread accepts all connections and gives them to the other threads in turn, so each
  // thread has its share, even if there are few.
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
