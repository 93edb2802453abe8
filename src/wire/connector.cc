#include "wire/connector.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "loop/apart.h"
#include "loop/watch.h"

namespace ofn::wire {

namespace {

using Done = std::move_only_function<void(Result<std::unique_ptr<Connection>>)>;

struct Address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};

struct Resolved {
  std::vector<Address> addresses;
  int error = 0;  // getaddrinfo's
};

Resolved resolve(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | flags;
  addrinfo* found = nullptr;
  Resolved resolved;
  resolved.error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (resolved.error != 0) return resolved;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address& address = resolved.addresses.emplace_back();
    std::memcpy(&address.bytes, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
  }
  freeaddrinfo(found);
  return resolved;
}

// Between an attempt and the thread that resolves its name.
struct Question {
  std::mutex mutex;
  Loop* asker;  // guarded by mutex; nullptr: nobody wants to know any more
};

// The steps, each of which may fail: resolve (names only) → connect to each address in turn → hand
// over. Shared with what it has posted, which finds it `over_` when the owner gave up.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(Loop& loop, Endpoint endpoint, const Limits& limits, Done done)
      : loop_(loop),
        endpoint_(std::move(endpoint)),
        limits_(limits),
        done_(std::move(done)),
        timeout_(loop, [this] {
          finish(fail(Code::kDeadlineExceeded,
                      "connecting to " + endpoint_.text() + " took too long"));
        }) {}
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { hang_up(); }

  void start(Deadline deadline) {
    if (!deadline.is_never()) timeout_.arm(deadline.at());
    if (endpoint_.is_unix()) return start_unix();
    Resolved numeric = resolve(endpoint_.host, endpoint_.port, AI_NUMERICHOST);
    if (numeric.error == 0) return use(std::move(numeric));
    question_ = std::make_shared<Question>();
    question_->asker = &loop_;
    const bool asked = run_apart([question = question_, self = weak_from_this(),
                                  host = endpoint_.host, port = endpoint_.port]() mutable {
      Resolved resolved = resolve(host, port, 0);
      const std::scoped_lock lock(question->mutex);
      if (question->asker == nullptr) return;
      question->asker->post([self = std::move(self), resolved = std::move(resolved)]() mutable {
        if (const auto attempt = self.lock()) attempt->use(std::move(resolved));
      });
    });
    if (!asked) later("the system grants no thread to resolve the name");
  }

  void abandon() {
    over_ = true;
    timeout_.disarm();
    if (question_ != nullptr) {
      const std::scoped_lock lock(question_->mutex);
      question_->asker = nullptr;
    }
    hang_up();
  }

 private:
  void start_unix() {
    std::string path = endpoint_.unix_path;
    Address& address = addresses_.emplace_back();
    sockaddr_un unix_address{};
    if (path.size() >= sizeof unix_address.sun_path) {
      return later("the path of the Unix socket is longer than the kernel allows");
    }
    unix_address.sun_family = AF_UNIX;
    path.copy(unix_address.sun_path, path.size());
    std::size_t length = path.size();
    if (path.front() == '@') {
      unix_address.sun_path[0] = '\0';
    } else {
      ++length;
    }
    std::memcpy(&address.bytes, &unix_address, sizeof unix_address);
    address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    connect_next("");
  }

  void use(Resolved resolved) {
    if (over_) return;
    if (resolved.error != 0) return later(gai_strerror(resolved.error));
    addresses_ = std::move(resolved.addresses);
    connect_next("the name has no address");
  }

  void later(std::string reason) {
    loop_.post([self = shared_from_this(), reason = std::move(reason)] {
      if (!self->over_) self->give_up(reason);
    });
  }

  void connect_next(std::string last_error) {
    hang_up();
    if (next_ == addresses_.size()) return later(std::move(last_error));
    const Address& address = addresses_[next_++];
    fd_ = socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return connect_next(std::strerror(errno));
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address.bytes), address.size) != 0 &&
        errno != EINPROGRESS) {
      return connect_next(std::strerror(errno));
    }
    watch_.emplace(loop_, fd_, [this](Watch::Seen seen) {
      if (seen.writable) settled();
    });
    watch_->want_writable();
  }

  void settled() {
    const auto self = shared_from_this();  // done_ may destroy the owner's handle
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return connect_next(std::strerror(error));
    const int on = 1;
    if (!endpoint_.is_unix()) setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch_.reset();
    finish(std::make_unique<Connection>(loop_, std::exchange(fd_, -1), endpoint_.text(), limits_));
  }

  void hang_up() {
    watch_.reset();
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  void give_up(const std::string& reason) {
    finish(fail(Code::kUnavailable, "cannot connect to " + endpoint_.text() + ": " + reason));
  }

  void finish(Result<std::unique_ptr<Connection>> result) {
    const auto self = shared_from_this();  // done_ may destroy the owner's handle
    abandon();
    std::exchange(done_, nullptr)(std::move(result));
  }

  Loop& loop_;
  Endpoint endpoint_;
  const Limits& limits_;
  Done done_;
  Timer timeout_;
  std::shared_ptr<Question> question_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  int fd_ = -1;
  std::optional<Watch> watch_;
  bool over_ = false;
};

class Handle final : public Dialing {
 public:
  explicit Handle(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() override { attempt_->abandon(); }

 private:
  std::shared_ptr<Attempt> attempt_;
};

}  // namespace

std::unique_ptr<Dialing> dial(
    Loop& loop, const Endpoint& endpoint, const Limits& limits, Deadline deadline,
    std::move_only_function<void(Result<std::unique_ptr<Connection>>)> done) {
  auto attempt = std::make_shared<Attempt>(loop, endpoint, limits, std::move(done));
  attempt->start(deadline);
  return std::make_unique<Handle>(std::move(attempt));
}

}  // namespace ofn::wire
