#include "wire/connector.h"

#include <cstring>
#include <utility>
#include <vector>

#include "loop/asio.h"

namespace ofn::wire {

namespace {

using Done = std::move_only_function<void(Result<std::unique_ptr<Connection>>)>;
using StreamEndpoint = asio::generic::stream_protocol::endpoint;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, LoopExecutor>;

// The steps, each of which may fail: resolve (names only) → connect to each address in turn → hand
// over. Shared with its pending handlers, which find `abandoned` when the owner gave up.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(Loop& loop, Endpoint endpoint, const Limits& limits, Done done)
      : loop_(loop),
        endpoint_(std::move(endpoint)),
        limits_(limits),
        done_(std::move(done)),
        resolver_(loop.io()),
        socket_(loop.io().get_executor()),
        timeout_(loop, [this] {
          finish(fail(Code::kDeadlineExceeded,
                      "connecting to " + endpoint_.text() + " took too long"));
        }) {}

  void start(Deadline deadline) {
    if (!deadline.is_never()) timeout_.arm(deadline.at());
    if (endpoint_.is_unix()) {
      std::string path = endpoint_.unix_path;
      if (path.front() == '@') path.front() = '\0';
      if (path.size() >= sizeof(sockaddr_un::sun_path)) {
        return later("the path of the Unix socket is longer than the kernel allows");
      }
      addresses_.emplace_back(asio::local::stream_protocol::endpoint(path));
      return connect_next("");
    }
    boost::system::error_code no_address;
    const auto address = asio::ip::make_address(endpoint_.host, no_address);
    if (!no_address) {
      addresses_.emplace_back(asio::ip::tcp::endpoint(address, endpoint_.port));
      return connect_next("");
    }
    resolver_.async_resolve(endpoint_.host, std::to_string(endpoint_.port),
                            Resolver::numeric_service,
                            [self = shared_from_this()](const boost::system::error_code& error,
                                                        const Resolver::results_type& results) {
                              if (self->over_) return;
                              if (error) return self->give_up(error.message());
                              for (const auto& result : results)
                                self->addresses_.emplace_back(result.endpoint());
                              self->connect_next("the name has no address");
                            });
  }

  void abandon() {
    over_ = true;
    timeout_.disarm();
    resolver_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void later(std::string reason) {
    loop_.post([self = shared_from_this(), reason = std::move(reason)] {
      if (!self->over_) self->give_up(reason);
    });
  }

  void connect_next(std::string last_error) {
    if (next_ == addresses_.size()) return later(std::move(last_error));
    const StreamEndpoint& address = addresses_[next_++];
    boost::system::error_code error;
    socket_.close(error);
    socket_.async_connect(address,
                          [self = shared_from_this()](const boost::system::error_code& failure) {
                            if (self->over_) return;
                            if (failure) {
                              self->connect_next(failure.message());
                            } else {
                              self->connected();
                            }
                          });
  }

  void connected() {
    boost::system::error_code error;
    if (!endpoint_.is_unix()) socket_.set_option(asio::ip::tcp::no_delay(true), error);
    const int fd = socket_.release(error);
    if (error) return give_up(error.message());
    finish(std::make_unique<Connection>(loop_, fd, endpoint_.text(), limits_));
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
  Resolver resolver_;
  StreamSocket socket_;
  Timer timeout_;
  std::vector<StreamEndpoint> addresses_;
  std::size_t next_ = 0;
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
