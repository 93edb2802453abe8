#include "logging/logger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <ctime>
#include <deque>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "base/utf8.h"
#include "loop/workers.h"

namespace ofn {

namespace {

// The maximum number of lines that wait for the writer.
constexpr std::size_t kQueue = 1024;
// How long the process waits at its end for a reader that does not read.
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

// Appends a JSON string (RFC 8259 §7). A text that is not UTF-8 is written byte by byte, so that every line parses.
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

// Appends a value for people: unchanged if it is one plain word, otherwise as a JSON string, so
// that no value can look like a line of its own.
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

// Waits until a descriptor has room. It waits without limit, or for at most kPatience in all after
// hurry(). poll() makes this work for blocking and non-blocking descriptors.
class Patience {
 public:
  explicit Patience(int fd) : fd_(fd), hurry_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    OFN_CHECK(hurry_ >= 0);
  }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;
  ~Patience() { close(hurry_); }

  // From now on wait() waits for at most kPatience in all. Threads: any.
  void hurry() {
    const std::uint64_t once = 1;
    OFN_CHECK(::write(hurry_, &once, sizeof once) == sizeof once);
  }
  // Returns true if there may be room. Threads: the writer's.
  bool wait() {
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

 private:
  int fd_;
  int hurry_;  // readable: the process is about to end
  std::optional<std::chrono::steady_clock::time_point> gives_up_at_;
};

}  // namespace

// The queue, and the thread that writes its lines.
class Logger::Writer {
 public:
  explicit Writer(int fd) : fd_(fd), patience_(fd) { start_thread(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { finish({}); }

  void add(std::string&& line) {
    std::string oldest;  // freed after the lock is released
    bool wakes = false;
    {
      const std::scoped_lock lock(mutex_);
      if (ending_) return;
      // If the system grants no thread now, the next line tries again.
      if (!has_thread_) start_thread();
      queued_.fetch_add(1, std::memory_order_relaxed);
      if (queue_.size() == kQueue) {
        oldest = std::move(queue_.front());
        queue_.pop_front();
        dropped_.fetch_add(1, std::memory_order_relaxed);
      }
      queue_.push_back(std::move(line));
      wakes = std::exchange(is_idle_, false);
    }
    if (wakes) changed_.notify_one();
  }

  // Returns the number of lines that were dropped because the queue was full. Threads: any.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  bool is_behind() const { return queued_.load() != written_.load() + dropped_.load(); }

  // Writes the queued lines and then `last`. Takes no more lines.
  void finish(std::string&& last) {
    {
      const std::scoped_lock lock(mutex_);
      if (ending_) return;
      ending_ = true;
      if (!last.empty()) {
        queued_.fetch_add(1, std::memory_order_relaxed);
        queue_.push_back(std::move(last));
      }
      changed_.notify_one();
    }
    patience_.hurry();
    if (!has_thread_) return write_all();
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return has_ended_; });
  }

 private:
  void start_thread() {
    has_thread_ = thread_.post([this] { write_all(); });
  }

  // Runs on the thread until finish().
  void write_all() {
    std::deque<std::string> batch;
    std::unique_lock lock(mutex_);
    for (;;) {
      is_idle_ = true;
      changed_.wait(lock, [this] { return !queue_.empty() || ending_; });
      is_idle_ = false;
      if (queue_.empty()) break;
      batch.swap(queue_);
      lock.unlock();
      write_batch(batch);
      batch.clear();
      lock.lock();
    }
    has_ended_ = true;
    changed_.notify_all();
  }

  // Writes several lines at a time, up to the size that a pipe takes without splitting them
  // (PIPE_BUF, pipe(7)). So lines of other processes that write to the same pipe stay whole too.
  void write_batch(const std::deque<std::string>& batch) {
    std::string together;
    std::uint64_t lines = 0;
    const auto write_together = [&] {
      write_text(together);
      written_.fetch_add(lines, std::memory_order_release);
      together.clear();
      lines = 0;
    };
    for (const std::string& line : batch) {
      if (together.size() + line.size() > PIPE_BUF) write_together();
      together += line;
      ++lines;
    }
    write_together();
  }

  void write_text(std::string_view rest) {
    while (!rest.empty()) {
      if (!patience_.wait()) return;
      // A pipe that has room takes this many bytes without blocking.
      const ssize_t wrote = ::write(fd_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
      if (wrote < 0 && errno != EINTR && errno != EAGAIN) return;  // the log has no reader
      if (wrote > 0) rest.remove_prefix(static_cast<std::size_t>(wrote));
    }
  }

  const int fd_;
  Patience patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> queue_;
  bool is_idle_ = false;  // the thread waits for lines
  bool has_thread_ = false;
  bool ending_ = false;
  bool has_ended_ = false;
  // A signal handler reads these.
  std::atomic<std::uint64_t> queued_ = 0;
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
  Workers thread_{1, std::chrono::seconds(10), "ofn-log"};  // ends before what its task uses
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
    : style_(style), least_(least), writer_(std::make_unique<Writer>(fd)) {}

Logger::~Logger() { finish(); }

std::uint64_t Logger::dropped() const noexcept { return writer_->dropped(); }
bool Logger::is_behind() const noexcept { return writer_->is_behind(); }

void Logger::finish() noexcept {
  try {
    const std::uint64_t dropped = writer_->dropped();
    writer_->finish(dropped == 0 ? std::string()
                                 : line_of(Level::kWarning, "log lines were dropped",
                                           {{{"count", std::to_string(dropped)}}}));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; the end must not fail
  }
}

void Logger::write(Level level, std::string_view message,
                   std::span<const LogField> fields) noexcept {
  try {
    writer_->add(line_of(level, message, fields));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; a log line must not end a request
  }
}

std::string Logger::line_of(Level level, std::string_view message,
                            std::span<const LogField> fields) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string line =
      format_log_line(style_, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
                      level, message, fields);
  line += '\n';
  return line;
}

}  // namespace ofn
