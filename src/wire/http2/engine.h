// What both ends of an HTTP/2 connection share: nghttp2's session, and the bytes it has for the
// peer, gathered to batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

struct nghttp2_session;
struct nghttp2_session_callbacks;

namespace ofn::wire::http2 {

class BlockPool;

enum class Role { kServer, kClient };

// Lifetime: a member of the session that is `user` in all callbacks. None of its functions may be
// called from inside a callback but those that say so.
class Engine {
 public:
  // Takes over `callbacks`. `blocks`, which outlives the engine, lends nghttp2 its memory (null: malloc does).
  Engine(Role role, nghttp2_session_callbacks* callbacks, void* user, BlockPool* blocks);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  // Also from inside callbacks, to submit frames.
  nghttp2_session* get() { return session_; }

  // Consumes all of it. When a callback has refused to go on (by NGHTTP2_ERR_CALLBACK_FAILURE after
  // refuse()), or the bytes are no HTTP/2, the connection is terminated.
  void receive(std::string_view bytes);
  // For callbacks: the code with which the connection ends.
  int refuse(std::uint32_t code);
  // GOAWAY with `code`, then nothing more in either direction. Not from inside callbacks.
  void terminate(std::uint32_t code);

  std::size_t gather(std::span<std::string_view> buffers);
  void sent(std::size_t count);
  // What the socket has taken since the beginning.
  std::uint64_t written() const { return written_; }
  // For the callback that a frame is being sent: `end`, which outlives the engine, becomes the
  // value of written() with which the socket has taken all of it.
  void note_end(std::uint64_t& end) { noted_ = &end; }

  // The memory of nghttp2's session and of the batch that waits for the socket; without a pool of the batch alone.
  std::size_t memory() const { return lent_ + out_.capacity(); }
  // Frames that wait, but for DATA whose window is closed.
  std::size_t backlog() const;
  // Returns true if all was handed to the socket but DATA whose window is closed.
  bool nothing_to_send() const;
  // Nothing will follow in either direction, and all was handed to the socket.
  bool finished() const;

  // For the callback that sends DATA: takes one frame, its head and the next `size` bytes of `body`,
  // of which `sent` (counted on here) have gone out before. Returns what the callback returns:
  // NGHTTP2_ERR_WOULDBLOCK when the batch is full.
  int take_data(const std::uint8_t* head, std::size_t size, std::string_view body,
                std::size_t& sent);

 private:
  void produce();
  struct CountedMemory;

  BlockPool* blocks_;
  std::size_t lent_ = 0;  // by the pool
  nghttp2_session* session_ = nullptr;
  std::string out_;
  std::size_t head_ = 0;        // what of out_ is written
  std::uint64_t produced_ = 0;  // since the beginning: made by nghttp2
  std::uint64_t written_ = 0;
  std::uint64_t* noted_ = nullptr;
  std::uint32_t refusal_ = 0;
  bool deaf_ = false;    // input is ignored
  bool broken_ = false;  // nghttp2 cannot go on (out of memory)
};

}  // namespace ofn::wire::http2
