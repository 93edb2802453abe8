#include "logging/logger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/log_line.h"
#include "loop/workers.h"

namespace ofn {

namespace {

// The maximum number of lines that wait for the writer.
constexpr std::size_t kQueue = 1024;
// The maximum of their bytes: an author's lines may be long.
constexpr std::size_t kQueueBytes = std::size_t{4} << 20;
// How long the process waits at its end for a reader that does not read.
constexpr std::chrono::seconds kPatience(1);

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
    std::vector<std::string> oldest;  // freed after the lock is released
    bool wakes = false;
    {
      const std::scoped_lock lock(mutex_);
      if (ending_) return;
      // If the system grants no thread now, the next line tries again.
      if (!has_thread_) start_thread();
      queued_.fetch_add(1, std::memory_order_relaxed);
      while (!queue_.empty() && (queue_.size() >= kQueue || bytes_ + line.size() > kQueueBytes)) {
        bytes_ -= queue_.front().size();
        oldest.push_back(std::move(queue_.front()));
        queue_.pop_front();
        dropped_.fetch_add(1, std::memory_order_relaxed);
      }
      bytes_ += line.size();
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
      bytes_ = 0;
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
  std::size_t bytes_ = 0;  // of the queue
  bool is_idle_ = false;   // the thread waits for lines
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

namespace {

// Lines of one of these say what was thrown, so that a reader who groups by messages tells the mistakes apart.
std::string with_exception(std::string_view message, std::span<const LogField> fields) {
  std::string text(message);
  for (const LogField& field : fields) {
    if (field.name == "exception" || field.name == "error")
      text.append(": ").append(field.value.text());
  }
  return text;
}

bool has_exception(std::span<const LogField> fields) {
  return std::ranges::any_of(fields, [](const auto& field) { return field.name == "exception"; });
}

}  // namespace

std::string format_log_line(const LogShape& shape, std::int64_t unix_micros, Level level,
                            std::string_view message, std::span<const LogField> fields,
                            std::span<const LogField> authors_fields) {
  GrowingText text;
  LogLine<GrowingText&> line(text, shape);
  if (shape.format == LogFormat::kGcp && has_exception(fields)) {
    line.begin(unix_micros, level, with_exception(message, fields));
  } else {
    line.begin(unix_micros, level, message);
  }
  for (const LogField& field : fields) line.field(field.name, field.value);
  for (const LogField& field : authors_fields) line.authors_field(field.name, field.value);
  line.end();
  return text.take();
}

Logger::Logger(const LogShape& shape, Level least, int fd)
    : fd_(fd), shape_(shape), least_(least), writer_(std::make_unique<Writer>(fd)) {}

Logger::~Logger() { finish(); }

bool Logger::is_behind() const noexcept { return writer_->is_behind(); }

std::uint64_t Logger::dropped() const noexcept { return writer_->dropped(); }

void Logger::finish() noexcept {
  try {
    const std::uint64_t dropped = writer_->dropped();
    writer_->finish(dropped == 0 ? std::string()
                                 : line_of(Level::kWarning, "log lines were dropped",
                                           {{{"count", dropped}}}, {}));
    has_ended_ = true;
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; the end must not fail
  }
}

void Logger::write(Level level, std::string_view message,
                   std::span<const LogField> fields) noexcept {
  try {
    writer_->add(line_of(level, message, fields, {}));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; a log line must not end a request
  }
}

void Logger::write(Level level, std::string_view message, std::span<const LogField> fields,
                   std::span<const LogField> authors_fields) noexcept {
  try {
    if (has_ended_) return write_at_once(level, message, fields, authors_fields);
    writer_->add(line_of(level, message, fields, authors_fields));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; a log line must not end a request
  }
}

void Logger::write_at_once(Level level, std::string_view message, std::span<const LogField> fields,
                           std::span<const LogField> authors_fields) const {
  const std::string line = line_of(level, message, fields, authors_fields);
  (void)!::write(fd_, line.data(), line.size());
}

std::string Logger::line_of(Level level, std::string_view message, std::span<const LogField> fields,
                            std::span<const LogField> authors_fields) const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::string line =
      format_log_line(shape_, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
                      level, message, fields, authors_fields);
  line += '\n';
  return line;
}

}  // namespace ofn
