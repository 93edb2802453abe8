#include "wire/http2/engine.h"

#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "base/check.h"
#include "wire/http2/block_pool.h"
#include "wire/http2/nghttp2_api.h"

namespace ofn::wire::http2 {

namespace {

// One batch: enough to make the system call's cost small, little enough to bound what a connection
// holds when its peer does not read.
constexpr std::size_t kBatch = std::size_t{64} * 1024;
// An idle connection keeps no more than this.
constexpr std::size_t kKept = 1024;
// Acknowledgements that wait because the peer does not read; more end the connection.
constexpr std::size_t kMaxAcks = 100;
// nghttp2 counts not CONTINUATION frames but attempts to read one's head, so that its limit depends
// on how the bytes are cut. This is out of its way; sessions count the frames.
[[maybe_unused]] constexpr std::size_t kMaxContinuationReads = 1000;

struct Options {
  Options() {
    if (nghttp2_option_new(&value) != 0) throw std::bad_alloc();
  }
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;
  ~Options() { nghttp2_option_del(value); }
  nghttp2_option* value = nullptr;
};

}  // namespace

// The pool as nghttp2 sees it; what it lends is counted.
struct Engine::CountedMemory {
  static nghttp2_mem of(Engine& engine) {
    return {.mem_user_data = &engine,
            .malloc = take,
            .free =
                [](void* lent, void* user) {
                  self(user).lent_ -= BlockPool::size_of_lent(lent);
                  self(user).blocks_->give(lent);
                },
            .calloc =
                [](std::size_t count, std::size_t size, void* user) {
                  void* const lent = take(count * size, user);
                  return lent == nullptr ? lent : std::memset(lent, 0, count * size);
                },
            .realloc =
                [](void* lent, std::size_t size, void* user) {
                  const std::size_t before = BlockPool::size_of_lent(lent);
                  void* const larger = self(user).blocks_->resize(lent, size);
                  if (larger != nullptr)
                    self(user).lent_ += BlockPool::size_of_lent(larger) - before;
                  return larger;
                }};
  }

 private:
  static Engine& self(void* user) { return *static_cast<Engine*>(user); }
  static void* take(std::size_t size, void* user) {
    void* const lent = self(user).blocks_->take(size);
    self(user).lent_ += BlockPool::size_of_lent(lent);
    return lent;
  }
};

Engine::Engine(Role role, nghttp2_session_callbacks* callbacks, void* user, BlockPool* blocks)
    : blocks_(blocks) {
  const Options options;
  nghttp2_option_set_max_outbound_ack(options.value, kMaxAcks);
#ifdef OFN_NGHTTP2_LIMITS_CONTINUATIONS
  nghttp2_option_set_max_continuations(options.value, kMaxContinuationReads);
#endif
  nghttp2_option_set_no_auto_window_update(options.value, role == Role::kServer ? 1 : 0);
  nghttp2_option_set_no_closed_streams(options.value, role == Role::kClient ? 1 : 0);
  std::optional<nghttp2_mem> memory;
  if (blocks != nullptr) memory = CountedMemory::of(*this);
  const auto make =
      role == Role::kServer ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  const int made = make(&session_, callbacks, user, options.value, memory ? &*memory : nullptr);
  nghttp2_session_callbacks_del(callbacks);
  if (made != 0) throw std::bad_alloc();
}

Engine::~Engine() { nghttp2_session_del(session_); }

void Engine::receive(std::string_view bytes) {
  if (deaf_) return;
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes_of(bytes), bytes.size());
  if (taken >= 0) return;
  switch (taken) {
    case NGHTTP2_ERR_CALLBACK_FAILURE:
      return terminate(refusal_);
    case NGHTTP2_ERR_FLOODED:
      return terminate(NGHTTP2_ENHANCE_YOUR_CALM);
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC:
      return terminate(NGHTTP2_PROTOCOL_ERROR);
    default:
      return terminate(NGHTTP2_INTERNAL_ERROR);
  }
}

int Engine::refuse(std::uint32_t code) {
  refusal_ = code;
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

void Engine::terminate(std::uint32_t code) {
  deaf_ = true;
  if (nghttp2_session_terminate_session(session_, code) != 0) broken_ = true;
}

std::size_t Engine::gather(std::span<std::string_view> buffers) {
  if (buffers.empty()) return 0;
  if (head_ == out_.size()) {
    out_.clear();
    head_ = 0;
    if (!broken_) produce();
    if (out_.empty()) {
      if (out_.capacity() > kKept) out_.shrink_to_fit();
      return 0;
    }
  }
  buffers[0] = std::string_view(out_).substr(head_);
  return 1;
}

void Engine::produce() {
  while (out_.size() < kBatch) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size == 0) return;
    if (size < 0) {
      broken_ = true;
      return;
    }
    out_.append(view(data, static_cast<std::size_t>(size)));
    produced_ += static_cast<std::uint64_t>(size);
    // nghttp2 tells that a frame is sent before it hands the frame out.
    if (noted_ != nullptr) *std::exchange(noted_, nullptr) = produced_;
  }
}

int Engine::take_data(const std::uint8_t* head, std::size_t size, std::string_view body,
                      std::size_t& sent) {
  constexpr std::size_t kFrameHead = 9;
  if (out_.size() >= kBatch) return NGHTTP2_ERR_WOULDBLOCK;
  out_.append(view(head, kFrameHead)).append(body.substr(sent, size));
  produced_ += kFrameHead + size;
  sent += size;
  return 0;
}

void Engine::sent(std::size_t count) {
  OFN_CHECK(count <= out_.size() - head_);
  head_ += count;
  written_ += count;
}

std::size_t Engine::backlog() const { return nghttp2_session_get_outbound_queue_size(session_); }

bool Engine::nothing_to_send() const {
  return head_ == out_.size() && nghttp2_session_want_write(session_) == 0;
}

bool Engine::finished() const {
  return broken_ || (nothing_to_send() && nghttp2_session_want_read(session_) == 0);
}

}  // namespace ofn::wire::http2
