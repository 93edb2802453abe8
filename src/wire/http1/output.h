// What an HTTP/1.1 session has to write: answers in order, small ones gathered into one buffer, a
// large body as it is.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/free_memory.h"

namespace ofn::wire::http1 {

// Lifetime: a gathered view is valid until the sent() that covers it, whatever is added meanwhile.
// Cost: no allocation in the steady state; buffers beyond kKept are given back when they are sent.
class Output {
 public:
  // Where to append. Not while a body is queued.
  std::string& text() { return texts_[filling_]; }
  // Call this before the head of an answer is appended.
  void begin_answer() { is_unsent_ |= empty(); }
  // Returns true if the peer has got no byte of the answers in here: another answer can replace them.
  bool is_unsent() const { return is_unsent_; }
  // Queues a body behind the text so far; nothing may be added until it was sent.
  void push_body(std::string body) { body_ = std::move(body); }

  bool empty() const { return size() == 0; }
  // Bytes that were not sent yet.
  std::size_t size() const {
    return texts_[0].size() + texts_[1].size() - text_sent_ + body_.size() - body_sent_;
  }
  bool has_body() const { return !body_.empty(); }
  // The memory that the buffers take.
  std::size_t capacity() const {
    return texts_[0].capacity() + texts_[1].capacity() + body_.capacity();
  }

  std::size_t gather(std::span<std::string_view> buffers);
  void sent(std::size_t count);
  // Drops what was not sent, and gives its memory back.
  void clear() { free_memory(*this); }

 private:
  std::string& writing() { return texts_[1 - filling_]; }

  // One is gathered, and stays where it is until it was sent; the other one is filled. They change places.
  std::array<std::string, 2> texts_;
  std::size_t filling_ = 0;
  std::string body_;  // behind both
  std::size_t text_sent_ = 0;
  std::size_t body_sent_ = 0;
  bool is_unsent_ = false;
};

}  // namespace ofn::wire::http1
