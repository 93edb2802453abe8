// Writes lines to the program's log, from anywhere in a function's program:
//
//   void charge(const std::string& order) { ofn::log_info("charged", {{"order", order}, {"cents", 1299}}); }
//
// In production a line is {"time":"…","severity":"INFO","level":"info","message":"charged","request_id":"…","execution_id":"…",
// "trace_id":"…","span_id":"…","trace_flags":"01","function":"pay","location":"pay.cc:12","order":"o-17","cents":1299}.
// docs/operations.md has its fields.
//
// It names the call in which it was written, also in a coroutine, on a worker, and on a thread that the function has started
// (there until the call has ended).
//
// In a program that no host serves, such as a unit test, and in the program's start-up code, a line goes to stderr as text, from
// the level info on.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>

#include <ofn/host.h>
#include <ofn/lazy.h>
#include <ofn/value.h>

namespace ofn {

enum class Level : int { kDebug, kInfo, kWarning, kError };

// The value of a field; a number is a number in JSON, too.
using LogValue = Value;

// One field of a line. If the name is one that the line has itself ("message", "trace_id", …), it is written with a '_' behind it.
struct LogField {
  std::string_view name;  // "snake_case"; any bytes
  LogValue value;
};

namespace abi {

// A line on its way to the host. Lifetime: borrowed during LogHost::write.
struct LogLine {
  Level level{};
  std::string_view message;
  const LogField* fields = nullptr;
  std::size_t count = 0;
  const char* file = "";
  std::uint32_t line = 0;
};

}  // namespace abi

// Returns true if lines of this level are kept. Ask before you compute an expensive field.
// Threads: any. Cost: about a nanosecond.
inline bool log_enabled(Level level) noexcept {
  const abi::Host* const host = internal::host_slot.load(std::memory_order_acquire);
  return level >=
         (host == nullptr ? Level::kInfo : host->log.least->load(std::memory_order_relaxed));
}

namespace internal {

OFN_INTERNAL_LAZY void append_log_text(std::string& line, std::string_view text, bool is_value) {
  bool is_plain = !(is_value && text.empty());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (is_value && (c == ' ' || c == '"'))) is_plain = false;
  }
  if (is_plain) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') line += '\\';
    if (byte < 0x20 || byte == 0x7f) {
      line += "\\u00";
      line += "0123456789abcdef"[byte >> 4U];
      line += "0123456789abcdef"[byte & 0xfU];
    } else {
      line += c;
    }
  }
  line += '"';
}

OFN_INTERNAL_LAZY void append_log_value(std::string& line, const LogValue& value) {
  char number[32] = "";
  switch (value.kind()) {
    case LogValue::Kind::kText:
      return append_log_text(line, value.text(), true);
    case LogValue::Kind::kBool:
      line += value.flag() ? "true" : "false";
      return;
    case LogValue::Kind::kReal:
      std::snprintf(number, sizeof number, "%.12g", value.real());
      break;
    case LogValue::Kind::kInteger:
      std::snprintf(number, sizeof number, "%lld", static_cast<long long>(value.integer()));
      break;
    case LogValue::Kind::kUnsigned:
      std::snprintf(number, sizeof number, "%llu",
                    static_cast<unsigned long long>(value.natural()));
      break;
  }
  line += number;
}

// Writes the line to stderr, in one piece.
OFN_INTERNAL_LAZY void write_log_without_host(const abi::LogLine& given) {
  using std::chrono::milliseconds;
  constexpr const char* kWords[] = {"debug", "info", "warning", "error"};
  const auto now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count() %
      86'400'000;
  char begin[32] = "";
  std::snprintf(begin, sizeof begin, "%02d:%02d:%02d.%03d %s ", static_cast<int>(now / 3'600'000),
                static_cast<int>(now / 60'000 % 60), static_cast<int>(now / 1000 % 60),
                static_cast<int>(now % 1000), kWords[static_cast<int>(given.level)]);
  std::string line = begin;
  append_log_text(line, given.message, false);
  for (std::size_t i = 0; i < given.count; ++i) {
    line += ' ';
    append_log_text(line, given.fields[i].name, true);
    line += '=';
    append_log_value(line, given.fields[i].value);
  }
  line.append(" location=").append(given.file).append(":").append(std::to_string(given.line));
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

OFN_INTERNAL_LAZY void write_log(Level level, std::string_view message,
                                 std::initializer_list<LogField> fields,
                                 const std::source_location& where) noexcept {
  const abi::LogLine line{.level = level,
                          .message = message,
                          .fields = fields.begin(),
                          .count = fields.size(),
                          .file = where.file_name(),
                          .line = where.line()};
  const abi::Host* const host = host_slot.load(std::memory_order_acquire);
  if (host != nullptr) return host->log.write(host->log.host, line);
  try {
    write_log_without_host(line);
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; logging must not fail a call
  }
}

}  // namespace internal

// Writes a line. `where` is the place of the call.
// Threads: any; it never blocks: if the log cannot keep up, its oldest lines are dropped and counted.
// Errors: none. A text of more than 16 KiB is cut. A line of a level that is off, and a line for which there is no memory, are lost.
// Cost: about a nanosecond if the level is off; otherwise less than a microsecond, and the line's memory.
OFN_INTERNAL_LAZY inline void log_debug(
    std::string_view message, std::initializer_list<LogField> fields = {},
    const std::source_location& where = std::source_location::current()) noexcept {
  if (log_enabled(Level::kDebug)) internal::write_log(Level::kDebug, message, fields, where);
}
OFN_INTERNAL_LAZY inline void log_info(
    std::string_view message, std::initializer_list<LogField> fields = {},
    const std::source_location& where = std::source_location::current()) noexcept {
  if (log_enabled(Level::kInfo)) internal::write_log(Level::kInfo, message, fields, where);
}
OFN_INTERNAL_LAZY inline void log_warning(
    std::string_view message, std::initializer_list<LogField> fields = {},
    const std::source_location& where = std::source_location::current()) noexcept {
  if (log_enabled(Level::kWarning)) internal::write_log(Level::kWarning, message, fields, where);
}
OFN_INTERNAL_LAZY inline void log_error(
    std::string_view message, std::initializer_list<LogField> fields = {},
    const std::source_location& where = std::source_location::current()) noexcept {
  if (log_enabled(Level::kError)) internal::write_log(Level::kError, message, fields, where);
}

}  // namespace ofn
