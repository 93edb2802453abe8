// Composes one log line in a given buffer, for signal handlers, which may neither allocate nor lock. The line has the format of
// logging/logger.h, byte for byte.
//
//   FixedLine line(buffer, LineFormat::kJson);
//   line.begin(unix_micros, "error", "the function crashed the program");
//   line.field("signal", "SIGSEGV");
//   write(fd, line.end());
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

enum class LineFormat { kJson, kReadable };

// Threads: one. After end() the line is complete, even if a crash interrupted the composer between two fields: each field is
// added as a whole, and only if the field and the line's end fit.
class FixedLine {
 public:
  FixedLine(std::span<char> room, LineFormat format) : text_(room), format_(format) {}

  void begin(std::int64_t unix_micros, std::string_view level, std::string_view message);
  // Adds nothing if the value is empty. Cuts a value that is too long.
  void field(std::string_view name, std::string_view value);
  // Ends the line and returns it with its line feed. Nothing can be added after that.
  std::string_view end();

 private:
  void add_time(std::int64_t unix_micros);
  // Adds as much of `text` as fits, between quotes.
  void add_json(std::string_view text);

  FixedText text_;
  LineFormat format_;
  bool ended_ = false;
};

}  // namespace ofn::os
