#include "wire/curl/multi_client.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "wire/curl/call.h"

namespace ofn::wire::curl {

using blocking::HttpCall;
using blocking::HttpReply;

class MultiClient::Request {
 public:
  Request(MultiClient& client, Handle* handle, Done done)
      : client_(client),
        handle_(handle),
        call_(client.curl_, handle, client.options_),
        done_(std::move(done)) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;
  ~Request() {
    if (is_added_) client_.curl_.multi_remove_handle(client_.multi_, handle_);
    client_.give_back(handle_);
  }

  Result<void> begin(const HttpCall& call) {
    if (auto prepared = call_.prepare(call, call.deadline.left(client_.loop_.now())); !prepared)
      return prepared;
    const Library& curl = client_.curl_;
    curl.easy_setopt(handle_, static_cast<int>(Option::kPrivate), this);
    is_added_ = curl.multi_add_handle(client_.multi_, handle_) == 0;
    if (!is_added_) return fail(Code::kResourceExhausted, "libcurl takes no more requests");
    return {};
  }
  // May destroy this.
  void end(int code) {
    is_added_ = false;
    client_.curl_.multi_remove_handle(client_.multi_, handle_);
    auto reply = call_.reply(code);
    Done done = std::move(done_);
    done(std::move(reply));
  }

 private:
  MultiClient& client_;
  Handle* const handle_;
  Call call_;
  Done done_;
  bool is_added_ = false;
};

void MultiClient::GiveUp::operator()(Request* request) const noexcept { delete request; }

MultiClient::MultiClient(const Library& curl, Loop& loop, DescriptorWaits& waits,
                         blocking::HttpClientOptions options)
    : curl_(curl),
      loop_(loop),
      waits_(waits),
      options_(std::move(options)),
      multi_(curl_.multi_init()),
      timer_(loop, [this] { act(kTimeoutSocket, 0); }) {
  OFN_CHECK(multi_ != nullptr);
  const auto set = [this](MultiOption option, auto value) {
    curl_.multi_setopt(multi_, static_cast<int>(option), value);
  };
  set(MultiOption::kSocketFunction, &on_socket);
  set(MultiOption::kSocketData, this);
  set(MultiOption::kTimerFunction, &on_timer);
  set(MultiOption::kTimerData, this);
  set(MultiOption::kMaxConnects, kMostIdle);
}

MultiClient::~MultiClient() {
  for (Handle* const handle : idle_) curl_.easy_cleanup(handle);
  curl_.multi_cleanup(multi_);  // closes the connections, and says so in on_socket()
  for (auto& [descriptor, socket] : sockets_) disarm(socket);
}

Result<MultiClient::UnderWay> MultiClient::send(const HttpCall& call, Done done) {
  Handle* const handle = take();
  if (handle == nullptr) return fail(Code::kResourceExhausted, "libcurl has no more handles");
  UnderWay request(new Request(*this, handle, std::move(done)));
  if (auto begun = request->begin(call); !begun) return std::unexpected(std::move(begun.error()));
  return request;
}

Handle* MultiClient::take() {
  if (idle_.empty()) return curl_.easy_init();
  Handle* const handle = idle_.back();
  idle_.pop_back();
  return handle;
}

void MultiClient::give_back(Handle* handle) {
  constexpr std::size_t kMostHandles = 32;
  if (idle_.size() == kMostHandles) return curl_.easy_cleanup(handle);
  curl_.easy_reset(handle);
  idle_.push_back(handle);
}

int MultiClient::on_socket(Handle* /*handle*/, int socket, int wanted, void* self,
                           void* /*unused*/) {
  auto& client = *static_cast<MultiClient*>(self);
  if (wanted == kPollRemove) {
    if (const auto place = client.sockets_.find(socket); place != client.sockets_.end()) {
      client.disarm(place->second);
      client.sockets_.erase(place);
    }
  } else {
    Socket& one = client.sockets_[socket];
    one.wanted = wanted;
    client.arm(socket, one);
  }
  return 0;
}

int MultiClient::on_timer(Multi* /*multi*/, long milliseconds, void* self) {
  auto& client = *static_cast<MultiClient*>(self);
  if (milliseconds < 0) {
    client.timer_.disarm();
  } else {
    client.timer_.arm(client.loop_.now() + std::chrono::milliseconds(milliseconds));
  }
  return 0;
}

void MultiClient::arm(int descriptor, Socket& socket) {
  disarm(socket);
  if ((socket.wanted & (kPollIn | kPollOut)) == 0) return;
  using Kind = DescriptorWait::Kind;
  const Kind kind = socket.wanted == kPollIn    ? Kind::kReadable
                    : socket.wanted == kPollOut ? Kind::kWritable
                                                : Kind::kEither;
  socket.wait =
      std::make_unique<DescriptorWait>(descriptor, kind, [this, descriptor] { ready(descriptor); });
  // If the kernel has no room, the request ends at its time limit.
  if (!waits_.begin(*socket.wait)) socket.wait.reset();
}

void MultiClient::disarm(Socket& socket) {
  if (socket.wait == nullptr) return;
  waits_.end(*socket.wait);
  socket.wait.reset();
}

void MultiClient::ready(int descriptor) {
  Socket& socket = sockets_.at(descriptor);
  socket.wait.reset();
  // libcurl finds out itself which of both it is.
  const int events = ((socket.wanted & kPollIn) != 0 ? kSelectIn : 0) |
                     ((socket.wanted & kPollOut) != 0 ? kSelectOut : 0);
  act(descriptor, events);
}

void MultiClient::act(int socket, int events) {
  int running = 0;
  curl_.multi_socket_action(multi_, socket, events, &running);
  // on_socket() is not called if libcurl wants the same as before.
  if (const auto place = sockets_.find(socket);
      place != sockets_.end() && place->second.wait == nullptr) {
    arm(socket, place->second);
  }
  int left = 0;
  while (const Message* const message = curl_.multi_info_read(multi_, &left)) {
    if (message->kind != kMessageDone) continue;
    const int code = message->data.result;
    Request* request = nullptr;
    curl_.easy_getinfo(message->handle, static_cast<int>(Info::kPrivate), &request);
    request->end(code);
  }
}

}  // namespace ofn::wire::curl
