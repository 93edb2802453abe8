#include "localdapr/mqtt/mosquitto_link.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/while_alive.h"
#include "localdapr/files/rooted_folder.h"
#include "loop/watch.h"

namespace ofn::localdapr {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kConnectTime(10);  // the limit for the broker's answer
constexpr int kKeepaliveSeconds = 30;             // for a client that sends; as in daprd
constexpr std::chrono::seconds kLookAfter(5);     // how often the library's timers run
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::seconds kLongestPause(5);
// TCP's keepalive: when the system probes a silent broker, how often, and after how many probes the
// connection ends.
constexpr int kSilentSeconds = 30;
constexpr int kAskSeconds = 10;
constexpr int kAsks = 3;

constexpr const char* kSystemCertificates = "/etc/ssl/certs";

// A text that libmosquitto reads as a file. It is never written to a disk.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) {
    if (text.empty()) return;
    descriptor_ = ::memfd_create("ofn-mqtt", MFD_CLOEXEC);
    for (std::size_t done = 0; descriptor_ >= 0 && done < text.size();) {
      const auto written = ::write(descriptor_, text.data() + done, text.size() - done);
      if (written <= 0) break;
      done += static_cast<std::size_t>(written);
    }
    path_ = "/proc/self/fd/" + std::to_string(descriptor_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  // Returns null if the text is empty.
  const char* path() const { return path_.empty() ? nullptr : path_.c_str(); }

 private:
  int descriptor_ = -1;
  std::string path_;
};

// The library's client. The link shares it with the task that connects it, because the task may
// outlive the link.
struct Client {
  Client(const MosquittoLibrary& of, const MosquittoLinkOptions& options)
      : library(of),
        ca(options.broker.ca),
        certificate(options.broker.client_certificate),
        key(options.broker.client_key) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() {
    if (handle != nullptr) library.destroy(handle);
  }

  const MosquittoLibrary library;
  const MemoryFile ca;
  const MemoryFile certificate;
  const MemoryFile key;
  MosquittoLibrary::Handle* handle = nullptr;
};

class MosquittoLink final : public MqttLink {
 public:
  MosquittoLink(const MosquittoLibrary& library, MosquittoLinkOptions options, Executor run,
                Loop& loop, Log& log)
      : options_(std::move(options)),
        run_(std::move(run)),
        loop_(loop),
        log_(log),
        client_(std::make_shared<Client>(library, options_)),
        timer_(loop, [this] { on_timer(); }) {}
  ~MosquittoLink() override { close(); }

  Result<void> set_up();

  void open(Events& events) override {
    events_ = &events;
    if (std::exchange(open_, true)) return;
    pause_ = kFirstPause;
    dial();
  }

  void close() override {
    open_ = false;
    timer_.disarm();
    if (socket_ && held_ == 0 && up_) {
      library().disconnect(handle());
      library().loop_write(handle(), 1);
    } else if (socket_) {
      ::shutdown(socket_->descriptor.get(), SHUT_RDWR);
    }
    forget_connection();
  }

  void subscribe(const std::string& topic, int qos) override {
    const int result = library().subscribe(handle(), nullptr, topic.c_str(), qos);
    if (result != 0) {
      log_.write(Level::kError, "cannot subscribe to an MQTT topic",
                 {{"topic", topic}, {"reason", library().strerror(result)}});
    }
    watch();
  }

  Result<int> send(const MqttPublication& publication) override {
    int id = 0;
    const int result = library().publish(
        handle(), &id, publication.topic.c_str(), static_cast<int>(publication.payload.size()),
        publication.payload.data(), publication.qos, publication.retain);
    if (result != 0) return fail(Code::kInvalidArgument, library().strerror(result));
    watch();
    return id;
  }

  void acknowledge() override {
    if (held_ == 0) return;
    --held_;
    watch();
  }

 private:
  // The loop's access to the library's socket: a duplicate, so that the library may close its own
  // at any time. Lifetime: one connection. Pending callbacks check whether this is still the
  // current one.
  struct Socket {
    Socket(MosquittoLink& link, int own)
        : descriptor(own), changes(link.loop_, own, [&link](Watch::Seen) { link.watch(); }) {
      changes.want_writable();
    }
    // Returns the operations that are possible now: POLLIN, POLLOUT; both if the socket is broken.
    int state() const {
      pollfd asked{.fd = descriptor.get(), .events = POLLIN | POLLOUT, .revents = 0};
      ::poll(&asked, 1, 0);
      return (asked.revents & (POLLERR | POLLHUP)) != 0 ? POLLIN | POLLOUT : asked.revents;
    }
    const Descriptor descriptor;
    bool looks = false;
    bool connecting = true;
    Watch changes;  // closed before the descriptor
  };

  const MosquittoLibrary& library() const { return client_->library; }
  MosquittoLibrary::Handle* handle() const { return client_->handle; }

  void dial();
  void on_dialed(int result, int system_error);
  void watch();
  void look();
  void on_readable();
  void on_writable();
  void on_timer();
  void settle(int result, int system_error);
  void down(std::string_view why);
  void forget_connection();
  std::string words(int result, int system_error) const;
  std::string address() const {
    return options_.broker.host + ":" + std::to_string(options_.broker.port);
  }

  // The library's callbacks only record the events, because handling an event may call the library
  // again.
  static void note_connect(MosquittoLibrary::Handle* /*handle*/, void* self, int code) {
    static_cast<MosquittoLink*>(self)->answered_ = code;
  }
  static void note_publish(MosquittoLibrary::Handle* /*handle*/, void* self, int id) {
    static_cast<MosquittoLink*>(self)->confirmed_.push_back(id);
  }
  static void note_message(MosquittoLibrary::Handle* /*handle*/, void* self,
                           const MosquittoLibrary::Message* message) {
    static_cast<MosquittoLink*>(self)->came_.push_back(
        {.topic = message->topic,
         .payload = message->payload_size > 0
                        ? std::string(static_cast<const char*>(message->payload),
                                      static_cast<std::size_t>(message->payload_size))
                        : std::string(),
         .retained = message->retain});
  }
  static void note_subscribe(MosquittoLibrary::Handle* /*handle*/, void* self, int /*id*/,
                             int count, const int* granted) {
    if (count == 0 || granted[0] != MosquittoLibrary::kRefused) return;
    auto& link = *static_cast<MosquittoLink*>(self);
    link.log_.write(Level::kError, "the MQTT broker refuses a subscription",
                    {{"broker", link.address()}, {"client", link.options_.client_id}});
  }

  const MosquittoLinkOptions options_;
  Executor run_;
  Loop& loop_;
  Log& log_;
  std::shared_ptr<Client> client_;
  Timer timer_;  // for connecting, for the pause before it, and for the library's own timers
  Events* events_ = nullptr;
  std::shared_ptr<Socket> socket_;
  std::size_t held_ = 0;  // messages that have come and are not acknowledged
  Duration pause_ = kFirstPause;
  bool open_ = false;
  bool dialing_ = false;  // `run_` is using the client
  bool up_ = false;
  bool told_down_ = false;

  std::optional<int> answered_;
  std::vector<int> confirmed_;
  std::vector<MqttMessage> came_;

  WhileAlive while_alive_;
};

Result<void> MosquittoLink::set_up() {
  const MqttBroker& broker = options_.broker;
  const auto refuse = [](std::string_view what) {
    return fail(Code::kInvalidArgument, "libmosquitto does not take " + std::string(what));
  };
  client_->handle = library().create(options_.client_id.c_str(), broker.clean_session, this);
  if (handle() == nullptr) return refuse("the client id '" + options_.client_id + "'");
  library().threaded_set(handle(), true);
  if (!broker.user.empty() &&
      library().username_pw_set(handle(), broker.user.c_str(),
                                broker.password.empty() ? nullptr : broker.password.c_str()) != 0) {
    return refuse("the url's user");
  }
  if (broker.transport == MqttBroker::Transport::kTls) {
    const char* folder = client_->ca.path() == nullptr ? kSystemCertificates : nullptr;
    const bool own = client_->certificate.path() != nullptr && client_->key.path() != nullptr;
    if (library().tls_set(handle(), client_->ca.path(), folder,
                          own ? client_->certificate.path() : nullptr,
                          own ? client_->key.path() : nullptr, nullptr) != 0) {
      return refuse("the certificates");
    }
  }
  library().on_connect(handle(), note_connect);
  library().on_publish(handle(), note_publish);
  library().on_message(handle(), note_message);
  library().on_subscribe(handle(), note_subscribe);
  return {};
}

void MosquittoLink::dial() {
  if (std::exchange(dialing_, true)) return;
  const int keepalive = options_.role == MqttRole::kReceives ? 0 : kKeepaliveSeconds;
  run_([client = client_, host = options_.broker.host, port = options_.broker.port, keepalive,
        &loop = loop_, dialed = while_alive_([this](int result, int system_error) {
                         on_dialed(result, system_error);
                       })] {
    const int result = client->library.connect_async(client->handle, host.c_str(), port, keepalive);
    const int system_error = errno;
    loop.post([result, system_error, dialed]() mutable { dialed(result, system_error); });
  });
}

void MosquittoLink::on_dialed(int result, int system_error) {
  dialing_ = false;
  if (!open_) return;
  if (result > 0) return down(words(result, system_error));
  const int duplicate = ::dup(library().socket(handle()));
  if (duplicate < 0) return down(std::strerror(errno));
  const auto set = [duplicate](int level, int name, int value) {
    ::setsockopt(duplicate, level, name, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);  // an acknowledgement must not wait for more data
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kSilentSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kAskSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kAsks);
  socket_ = std::make_shared<Socket>(*this, duplicate);
  timer_.arm(loop_.clock().now() + kConnectTime);
  watch();
}

// Looks at the connection in a separate turn, because the caller may be inside the library.
void MosquittoLink::watch() {
  if (!socket_ || held_ > 0 || std::exchange(socket_->looks, true)) return;
  loop_.post([this, mine = std::weak_ptr(socket_)] {
    const auto socket = mine.lock();
    if (!socket) return;
    socket->looks = false;
    look();
  });
}

// Does one operation; settle() then looks again. If there is nothing to do, the next change of the
// socket looks again.
void MosquittoLink::look() {
  if (held_ > 0) return;
  const int state = socket_->state();
  const bool wants = socket_->connecting || library().want_write(handle());
  if (wants && (state & POLLOUT) != 0) return on_writable();
  if (!socket_->connecting && (state & POLLIN) != 0) on_readable();
}

void MosquittoLink::on_readable() {
  const int result = library().loop_read(handle(), 1);
  settle(result, errno);
}

void MosquittoLink::on_writable() {
  socket_->connecting = false;  // it is connected or refused by now
  // During the TLS handshake, the library writes while it reads.
  const bool negotiates = !up_ && options_.broker.transport == MqttBroker::Transport::kTls;
  int result = negotiates ? library().loop_read(handle(), 1) : 0;
  if (result == 0) result = library().loop_write(handle(), 1);
  settle(result, errno);
}

void MosquittoLink::on_timer() {
  if (!socket_) return dial();
  if (!up_) return down("it does not answer");
  const int result = library().loop_misc(handle());
  const int system_error = errno;
  timer_.arm(loop_.clock().now() + kLookAfter);
  settle(result, system_error);
}

void MosquittoLink::settle(int result, int system_error) {
  const auto answered = std::exchange(answered_, std::nullopt);
  const auto confirmed = std::exchange(confirmed_, {});
  auto came = std::exchange(came_, {});
  const auto mine = std::weak_ptr(socket_);
  for (std::size_t i = 0; i < confirmed.size() && !mine.expired(); ++i) {
    events_->on_confirmed(confirmed[i]);
  }
  if (mine.expired()) return;
  if (answered && *answered != 0) return down(library().connack_string(*answered));
  if (result != 0) return down(words(result, system_error));

  held_ += came.size();
  if (answered) {
    up_ = true;
    pause_ = kFirstPause;
    timer_.arm(loop_.clock().now() + kLookAfter);
    log_.write(told_down_ ? Level::kInfo : Level::kDebug, "connected to the MQTT broker",
               {{"broker", address()}, {"client", options_.client_id}});
    told_down_ = false;
    events_->on_up();
  }
  for (std::size_t i = 0; i < came.size() && !mine.expired(); ++i) {
    events_->on_message(std::move(came[i]));
  }
  if (!mine.expired()) watch();
}

void MosquittoLink::down(std::string_view why) {
  log_.write(std::exchange(told_down_, true) ? Level::kDebug : Level::kWarning,
             "no connection to the MQTT broker; trying again",
             {{"broker", address()}, {"client", options_.client_id}, {"reason", why}});
  const bool was_up = up_;
  forget_connection();
  timer_.arm(loop_.clock().now() + pause_);
  pause_ = std::min<Duration>(pause_ * 2, kLongestPause);
  if (was_up) events_->on_down();
}

void MosquittoLink::forget_connection() {
  socket_.reset();
  up_ = false;
  held_ = 0;
  answered_.reset();
  confirmed_.clear();
  came_.clear();
}

std::string MosquittoLink::words(int result, int system_error) const {
  if (result == MosquittoLibrary::kSystem) return std::strerror(system_error);
  if (result == MosquittoLibrary::kAddress) return "its name is not known";
  return library().strerror(result);
}

}  // namespace

Result<std::unique_ptr<MqttLink>> make_mosquitto_link(const MosquittoLibrary& library,
                                                      MosquittoLinkOptions options, Executor run,
                                                      Loop& loop, Log& log) {
  auto link =
      std::make_unique<MosquittoLink>(library, std::move(options), std::move(run), loop, log);
  auto ready = link->set_up();
  if (!ready) return std::unexpected(std::move(ready.error()));
  return link;
}

}  // namespace ofn::localdapr
