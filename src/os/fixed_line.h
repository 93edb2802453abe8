// Composes one log line in a given buffer, for signal handlers, which may neither allocate nor lock.
//
//   FixedLine line(buffer, shape);
//   line.begin(unix_micros, Level::kError, "the function crashed the program");
//   line.field("signal", "SIGSEGV");
//   write(fd, line.end());
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/log_line.h"

namespace ofn::os {

// Text in a buffer of fixed size. Text that does not fit is left out, and is_cut() then returns true.
// Threads: one. Errors: none. A signal handler may call every function.
class FixedText {
 public:
  explicit FixedText(std::span<char> room) : room_(room) {}

  void add(std::string_view text);
  void add(char byte) { add(std::string_view(&byte, 1)); }
  void add_number(std::uint64_t number, int least_digits = 1);
  void add_hex(std::uint64_t number);  // "0x1f"
  void shorten(std::size_t size) { size_ = size; }
  void clear() {
    size_ = 0;
    cut_ = false;
  }

  std::string_view text() const { return {room_.data(), size_}; }
  std::size_t left() const { return room_.size() - size_; }
  bool is_cut() const { return cut_; }

 private:
  std::span<char> room_;
  std::size_t size_ = 0;
  bool cut_ = false;
};

// Threads: one. After end() the line is complete, even if a crash interrupted the composer between two fields: each field is
// added as a whole, and only if the field and the line's end fit.
class FixedLine {
 public:
  FixedLine(std::span<char> room, const LogShape& shape) : text_(room), line_(Out{text_}, shape) {}
  FixedLine(const FixedLine&) = delete;
  FixedLine& operator=(const FixedLine&) = delete;
  ~FixedLine() = default;

  void begin(std::int64_t unix_micros, Level level, std::string_view message) {
    line_.begin(unix_micros, level, message);
  }
  // Adds nothing if the text is empty. Cuts a text that is too long.
  void field(std::string_view name, std::string_view value) {
    if (!ended_ && !value.empty()) line_.field(name, value);
  }
  void number(std::string_view name, std::uint64_t value) {
    if (!ended_) line_.field(name, value);
  }
  // Ends the line and returns it with its line feed. Nothing can be added after that.
  std::string_view end();

 private:
  struct Out {
    FixedText& text;
    void add(std::string_view added) const { text.add(added); }
    void add(char byte) const { text.add(byte); }
    std::size_t left() const { return text.left(); }
  };

  FixedText text_;
  LogLine<Out> line_;
  bool ended_ = false;
};

}  // namespace ofn::os
