#include "telemetry/logger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>

#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>

#include "base/check.h"
#include "base/utf8.h"

namespace ofn {

namespace {

// Lines that may wait for the writer. Each slot costs about 400 bytes from the start on.
constexpr std::size_t kQueue = 1024;
// How long the end waits for a reader that takes nothing.
constexpr std::chrono::seconds kPatience(1);

constexpr std::string_view level_word(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kError:
      return "error";
  }
  return "error";
}

// JSON string content (RFC 8259 §7). What is no UTF-8 is written byte by byte, so that every line
// parses.
void append_json(std::string& line, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  const bool valid = is_utf8(text);
  line += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (!valid && byte >= 0x80)) {
      line += "\\u00";
      line += kHex[byte >> 4];
      line += kHex[byte & 0xf];
    } else {
      line += c;
    }
  }
  line += '"';
}

// A value for people: bare when it is one plain word, else as in JSON, so that nothing written can
// fake a line.
void append_readable(std::string& line, std::string_view text) {
  const bool plain =
      !text.empty() &&
      text.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+@%{}()<>*,;") ==
          std::string_view::npos;
  if (plain) {
    line += text;
  } else {
    append_json(line, text);
  }
}

// spdlog's sink that writes whole lines to a descriptor, blocking or not.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd), hurry_(eventfd(0, EFD_CLOEXEC)) {
    OFN_CHECK(hurry_ >= 0);
  }
  DescriptorSink(const DescriptorSink&) = delete;
  DescriptorSink& operator=(const DescriptorSink&) = delete;
  ~DescriptorSink() override { close(hurry_); }

  // So many lines. Threads: any.
  std::uint64_t written() const { return written_; }

  // From now on a reader that takes nothing is waited for no longer than kPatience in all. Threads: any.
  void hurry() {
    const std::uint64_t once = 1;
    OFN_CHECK(::write(hurry_, &once, sizeof once) == sizeof once);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string_view rest(message.payload.data(), message.payload.size());
    while (!rest.empty()) {
      if (!wait_for_room()) return;
      // A pipe that has room takes so much without blocking.
      const ssize_t wrote = ::write(fd_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (wrote < 0 && errno != EINTR && errno != EAGAIN)
        return;  // nobody reads our log: there is nobody to tell
      if (wrote > 0) rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
    ++written_;
  }
  bool wait_for_room() {
    using Clock = std::chrono::steady_clock;
    for (;;) {
      std::array<pollfd, 2> polled{{{.fd = fd_, .events = POLLOUT, .revents = 0},
                                    {.fd = hurry_, .events = POLLIN, .revents = 0}}};
      int timeout = -1;
      if (gives_up_at_) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(*gives_up_at_ - Clock::now());
        timeout = std::max(0, static_cast<int>(left.count()));
      }
      const int ready = poll(polled.data(), gives_up_at_ ? 1 : 2, timeout);
      if (polled[0].revents != 0 || (ready < 0 && errno != EINTR)) return true;
      if (ready == 0) return false;
      if (polled[1].revents != 0) gives_up_at_ = Clock::now() + kPatience;
    }
  }
  void flush_() override {}

  int fd_;
  std::atomic<std::uint64_t> written_ = 0;
  int hurry_;  // readable: it is time to end
  std::optional<std::chrono::steady_clock::time_point> gives_up_at_;
};

}  // namespace

struct Logger::Sink {
  explicit Sink(int fd)
      : pool(std::make_shared<spdlog::details::thread_pool>(kQueue, 1)),
        writer(std::make_shared<DescriptorSink>(fd)),
        logger(std::make_shared<spdlog::async_logger>(
            "ofn", writer, pool, spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_level(spdlog::level::trace);
    logger->set_error_handler([](const std::string&) {});  // lines after finish()
  }
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<DescriptorSink> writer;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::uint64_t> queued = 0;
};

std::string format_log_line(LogStyle style, std::int64_t unix_micros, Level level,
                            std::string_view message, std::span<const LogField> fields) {
  const auto seconds = static_cast<std::time_t>(unix_micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 40> stamp{};
  const bool json = style == LogStyle::kJson;
  std::size_t length = std::strftime(stamp.data(), stamp.size(), json ? "%FT%T" : "%T", &parts);
  std::string fraction = std::to_string(1'000'000 + unix_micros % 1'000'000);
  std::string line;
  line.reserve(160);
  if (json) line += R"({"time":")";
  line.append(stamp.data(), length);
  line += '.';
  line.append(fraction, 1, json ? 6 : 3);
  if (json) {
    line += R"(Z","level":")";
    line += level_word(level);
    line += R"(","message":)";
    append_json(line, message);
  } else {
    line += ' ';
    line += level_word(level);
    line += ' ';
    line += message.find_first_of("\r\n") == std::string_view::npos ? std::string(message) : [&] {
      std::string escaped;
      append_json(escaped, message);
      return escaped;
    }();
  }
  for (const LogField& field : fields) {
    line += json ? ',' : ' ';
    if (json) {
      append_json(line, field.name);
      line += ':';
      append_json(line, field.value);
    } else {
      line += field.name;
      line += '=';
      append_readable(line, field.value);
    }
  }
  if (json) line += '}';
  return line;
}

Logger::Logger(LogStyle style, Level least, int fd)
    : style_(style), least_(least), sink_(std::make_unique<Sink>(fd)) {}

Logger::~Logger() { finish(); }

bool Logger::is_behind() const noexcept { return sink_->queued != sink_->writer->written(); }

void Logger::finish() noexcept {
  if (sink_->pool == nullptr) return;
  const std::size_t dropped = sink_->pool->overrun_counter();
  if (dropped > 0)
    write(Level::kWarning, "log lines were dropped", {{"count", std::to_string(dropped)}});
  sink_->writer->hurry();
  sink_->pool.reset();  // its thread ends when the queue is empty; the logger only knows it weakly
}

void Logger::write(Level level, std::string_view message,
                   std::span<const LogField> fields) noexcept {
  try {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    std::string line =
        format_log_line(style_, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
                        level, message, fields);
    line += '\n';
    ++sink_->queued;
    sink_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; a log line must not end a request
  }
}

}  // namespace ofn
