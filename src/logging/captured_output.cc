#include "logging/captured_output.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <map>
#include <poll.h>
#include <streambuf>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "logging/this_call.h"
#include "os/calls_in_flight.h"

namespace ofn {

namespace {

// Container runtimes split longer lines.
constexpr std::size_t kLongestLine = std::size_t{16} * 1024;
constexpr std::size_t kRead = std::size_t{64} * 1024;
// The end of the program does not wait for a child that writes without an end.
constexpr int kMostReads = 256;
// How long stop() waits for the reader.
constexpr std::chrono::seconds kPatience(1);

enum class Piece : std::uint8_t { kWhole, kPartial };

void write_piece(Log& log, CallFields fields, std::string_view stream, std::string_view text,
                 Piece piece) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  fields.add("stream", stream);
  if (piece == Piece::kPartial) fields.add("partial", true);
  if (log.enabled(Level::kInfo)) log.write(Level::kInfo, text, fields.span());
}

// Takes the first line, or a piece of a line that is too long, from the text; false: there is none yet.
bool take_line(std::string_view& text, std::string_view& line, Piece& piece) {
  const std::size_t end = text.substr(0, kLongestLine + 1).find('\n');
  if (end == std::string_view::npos && text.size() <= kLongestLine) return false;
  piece = end == std::string_view::npos ? Piece::kPartial : Piece::kWhole;
  std::size_t size = piece == Piece::kWhole ? end : kLongestLine;
  // No character is cut in two.
  for (int i = 0; i < 3 && piece == Piece::kPartial; ++i)
    if ((static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80) --size;
  line = text.substr(0, size);
  text.remove_prefix(size + (piece == Piece::kWhole ? 1 : 0));
  return true;
}

}  // namespace

// A stream's buffer. Each thread has a line of its own, which ends with its line feed, or when the thread writes for another call.
class CapturedOutput::Stream final : public std::streambuf {
 public:
  Stream(Log& log, std::string_view name, std::ostream& stream)
      : log_(log), name_(name), stream_(stream), before_(stream.rdbuf(this)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override { put_back(); }

  void put_back() {
    if (stream_.rdbuf() == this) stream_.rdbuf(before_);
  }

  // Writes the lines that have no end.
  void write_rest() {
    const std::scoped_lock lock(mutex_);
    for (auto& [thread, line] : lines_) end(line, Piece::kPartial);
    lines_.clear();
  }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const char byte = traits_type::to_char_type(c);
    add({&byte, 1});
    return c;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    add({text, static_cast<std::size_t>(size)});
    return size;
  }

 private:
  struct Line {
    std::string text;
    const os::CallMark* mark = nullptr;
    std::uint32_t number = 0;
    OwnCallIds ids{};
    std::string function{};
  };

  void add(std::string_view text) {
    const std::scoped_lock lock(mutex_);
    Line& line = lines_[os::this_thread_id()];
    const os::CallMark* const mark = os::CallMark::here();
    const std::uint32_t number = mark == nullptr ? 0 : mark->number();
    if (!line.text.empty() && (line.mark != mark || line.number != number))
      end(line, Piece::kPartial);
    if (line.text.empty()) begin(line, mark, number);
    line.text += text;
    std::string_view rest = line.text;
    std::string_view whole;
    Piece piece{};
    while (take_line(rest, whole, piece))
      write_piece(log_, fields_of_this_call(), name_, whole, piece);
    line.text.erase(0, line.text.size() - rest.size());
    if (line.text.empty() && mark == nullptr) lines_.erase(os::this_thread_id());
  }

  static void begin(Line& line, const os::CallMark* mark, std::uint32_t number) {
    line.mark = mark;
    line.number = number;
    line.ids = OwnCallIds(mark == nullptr ? CallIds() : mark->ids());
    line.function = mark == nullptr ? std::string() : mark->function();
  }

  void end(Line& line, Piece piece) {
    if (line.text.empty()) return;
    CallFields fields(line.ids.view());
    write_piece(log_, fields.add_if_any("function", line.function), name_, line.text, piece);
    line.text.clear();
  }

  Log& log_;
  const std::string_view name_;
  std::ostream& stream_;
  std::streambuf* const before_;
  std::mutex mutex_;
  std::map<os::ThreadId, Line> lines_;
};

CapturedOutput::CapturedOutput(Log& log)
    : log_(log),
      pipes_{{{.name = "stdout", .fd = STDOUT_FILENO}, {.name = "stderr", .fd = STDERR_FILENO}}},
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CapturedOutput::~CapturedOutput() { stop(); }

Result<std::unique_ptr<CapturedOutput>> CapturedOutput::start(Log& log) {
  // Not make_unique(), because the constructor is private.
  std::unique_ptr<CapturedOutput> made(new CapturedOutput(log));
  std::cout.flush();
  std::clog.flush();
  (void)std::fflush(nullptr);
  for (Pipe& pipe : made->pipes_) {
    if (auto replaced = made->replace(pipe); !replaced) {
      made->put_back();
      return std::unexpected(std::move(replaced).error());
    }
  }
  if (!made->wake_ || !made->thread_.post([self = made.get()] { self->read_until_stopped(); })) {
    made->put_back();
    return fail(Code::kResourceExhausted,
                "--capture-output: the system grants no thread or no descriptor for it");
  }
  made->streams_ = {std::make_unique<Stream>(log, "stdout", std::cout),
                    std::make_unique<Stream>(log, "stderr", std::cerr),
                    std::make_unique<Stream>(log, "stderr", std::clog)};
  return made;
}

Result<void> CapturedOutput::replace(Pipe& pipe) const {
  std::array<int, 2> ends{};
  pipe.before = os::Descriptor(fcntl(pipe.fd, F_DUPFD_CLOEXEC, 3));
  if (!pipe.before || pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kResourceExhausted,
                std::string("--capture-output: cannot make a pipe: ") + std::strerror(errno));
  }
  pipe.end = os::Descriptor(ends[0]);
  const os::Descriptor to_write(ends[1]);
  // Only the reader's end: the function's descriptors block, as before.
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  dup2(to_write.get(), pipe.fd);
  return {};
}

void CapturedOutput::put_back() {
  for (Pipe& pipe : pipes_) {
    if (pipe.before) dup2(pipe.before.get(), pipe.fd);
  }
}

void CapturedOutput::stop() {
  if (is_stopping_.exchange(true)) return;
  if (streams_[0] == nullptr) return;  // it was not started
  for (const auto& stream : streams_) stream->put_back();
  (void)std::fflush(nullptr);
  put_back();
  hurry();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kPatience, [this] { return has_ended_; });
}

void CapturedOutput::hurry() const {
  asked_.fetch_add(1);
  const std::uint64_t once = 1;
  (void)!::write(wake_.get(), &once, sizeof once);
}

bool CapturedOutput::is_behind() const { return done_.load() != asked_.load(); }

void CapturedOutput::read_until_stopped() {
  for (bool stops = false; !stops;) {
    std::array<pollfd, 3> polled{{{.fd = pipes_[0].end.get(), .events = POLLIN, .revents = 0},
                                  {.fd = pipes_[1].end.get(), .events = POLLIN, .revents = 0},
                                  {.fd = wake_.get(), .events = POLLIN, .revents = 0}}};
    if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;
    if (polled[2].revents == 0) {
      for (std::size_t i = 0; i < pipes_.size(); ++i)
        if (polled[i].revents != 0) (void)read_some(pipes_[i]);
      continue;
    }
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    const unsigned asked = asked_.load();
    stops = is_stopping_;
    for (Pipe& pipe : pipes_) {
      int reads = 0;
      while (read_some(pipe) && ++reads < kMostReads) continue;
    }
    write_rest();
    done_ = asked;
  }
  const std::scoped_lock lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

// Returns false if there is nothing to read now.
bool CapturedOutput::read_some(Pipe& pipe) {
  const std::size_t size = pipe.line.size();
  pipe.line.resize(size + kRead);
  const ssize_t got = ::read(pipe.end.get(), pipe.line.data() + size, kRead);
  pipe.line.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got == 0)
    pipe.end =
        os::Descriptor();  // the function has closed its descriptor: poll() takes no notice of -1
  if (got <= 0) return got < 0 && errno == EINTR;
  write_lines(pipe);
  return true;
}

void CapturedOutput::write_lines(Pipe& pipe) {
  std::string_view rest = pipe.line;
  std::string_view line;
  Piece piece{};
  while (take_line(rest, line, piece)) write_piece(log_, CallFields({}), pipe.name, line, piece);
  pipe.line.erase(0, pipe.line.size() - rest.size());
}

void CapturedOutput::write_rest() {
  for (Pipe& pipe : pipes_) {
    if (!pipe.line.empty())
      write_piece(log_, CallFields({}), pipe.name, pipe.line, Piece::kPartial);
    pipe.line.clear();
  }
  for (const auto& stream : streams_)
    if (stream != nullptr) stream->write_rest();
}

}  // namespace ofn
