#include "dev/worker.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <unistd.h>
#include <utility>

#include "dev/visible_text.h"
#include "os/debugger.h"

namespace ofn::dev {

namespace {

// The number of the control channel in the worker; the lower ones are the standard streams and the listening socket.
constexpr int kChannel = 4;
constexpr int kMessagesATurn = 64;
// How many calls that have begun are remembered. The message of a call's end may be lost (ControlChannel::try_send).
constexpr std::size_t kMostRunning = 10'000;
// How much longer than its own time limits allow a worker may take to end.
constexpr std::chrono::seconds kEndsLate(3);

// Returns the text before the first blank, and behind it.
std::pair<std::string_view, std::string_view> cut(std::string_view text) {
  const std::size_t blank = std::min(text.find(' '), text.size());
  return {text.substr(0, blank), text.substr(std::min(blank + 1, text.size()))};
}

// What a process writes reaches this one by a pipe.
struct Pipe {
  os::Descriptor ours;  // does not block
  os::Descriptor theirs;

  // Returns nullopt, and sets errno, if the system grants none.
  static std::optional<Pipe> make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Pipe{.ours = os::Descriptor(ends[0]), .theirs = os::Descriptor(ends[1])};
  }
};

// Returns true if nothing more will come.
bool read_all(int fd, const std::function<void(std::string_view)>& take) {
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t size = ::read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  }
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::start(Loop& loop, Start start, Events events) {
  auto channel = ControlChannel::pair();
  if (!channel) return std::unexpected(std::move(channel).error());
  auto& [ours, theirs] = *channel;
  auto output = Pipe::make();
  auto errors = Pipe::make();
  if (!output || !errors) {
    return fail(Code::kResourceExhausted,
                std::string("no pipe for the worker: ") + std::strerror(errno));
  }
  os::Command command = start.command;
  command.descriptors.push_back({.fd = theirs.fd(), .as = kChannel});
  command.descriptors.push_back({.fd = output->theirs.get(), .as = STDOUT_FILENO});
  command.descriptors.push_back({.fd = errors->theirs.get(), .as = STDERR_FILENO});
  command.variables.push_back("OFN_SUPERVISOR=" + std::to_string(kChannel) + "," +
                              std::to_string(start.build) + (start.is_detailed ? ",v," : ",,") +
                              start.source);
  auto process = os::Process::start(command);
  if (!process) return std::unexpected(std::move(process).error());
  std::unique_ptr<Worker> worker(new Worker(loop, std::move(start), std::move(events),
                                            std::move(ours), std::move(output->ours),
                                            std::move(errors->ours)));
  worker->process_ = std::make_unique<os::Process>(*std::move(process));
  Worker* const self = worker.get();
  worker->debugger_ = std::make_unique<DebuggerWatch>(
      loop, [id = self->process_->id()] { return os::tracer_of(id); },
      [self](DebuggerWatch::Change change) { self->events_.debugger(change); });
  worker->channel_watch_ =
      std::make_unique<Watch>(loop, self->channel_.fd(), [self](Watch::Seen seen) {
        if (seen.writable) self->orders_.send_waiting();
        self->read_some_messages();
      });
  worker->channel_watch_->want_writable();
  worker->output_watch_ = std::make_unique<Watch>(loop, self->output_.get(),
                                                  [self](Watch::Seen) { self->read_output(); });
  worker->errors_watch_ = std::make_unique<Watch>(loop, self->errors_.get(),
                                                  [self](Watch::Seen) { self->read_errors(); });
  worker->ended_watch_ = std::make_unique<Watch>(loop, self->process_->ended_fd(),
                                                 [self](Watch::Seen) { self->has_ended(); });
  return worker;
}

Worker::Worker(Loop& loop, Start start, Events events, ControlChannel channel,
               os::Descriptor output, os::Descriptor errors)
    : loop_(loop),
      start_(std::move(start)),
      events_(std::move(events)),
      channel_(std::move(channel)),
      output_(std::move(output)),
      errors_(std::move(errors)),
      orders_(loop, channel_,
              [this] {
                stuck("it had not read its orders for " + duration_text(Orders::kReadsWithin));
              }),
      end_(loop,
           [this] {
             end_.arm(loop_.clock().now() + end_limit_);  // once more, if it is in a debugger
             stuck("it had not ended within " + duration_text(end_limit_));
           }),
      started_(loop.system_now()) {}

Worker::~Worker() = default;

void Worker::release() {
  if (std::exchange(is_released_, true)) return;
  orders_.release();
  must_end_within(start_.drains_within + kEndsLate);
}

void Worker::terminate(Duration within) {
  signal(SIGTERM);
  must_end_within(within);
}

void Worker::must_end_within(Duration limit) {
  end_limit_ = limit;
  end_.arm(loop_.clock().now() + limit);
}

// Neither reads nor ends while its debugger has stopped it.
void Worker::stuck(const std::string& why) {
  if (!is_debugged()) events_.stuck(why);
}

void Worker::kill(std::string why) {
  killed_because_ = std::move(why);
  signal(SIGKILL);
}

std::string Worker::name_of_call(const std::string& id) const {
  const auto call = running_.find(id);
  if (call == running_.end()) return id;
  return call->second.what + " (" + id + ")";
}

std::vector<std::string> Worker::running_calls() const {
  std::vector<std::pair<SystemTime, std::string>> calls;
  for (const auto& [id, call] : running_) {
    const Duration age = std::max(Duration(0), Duration(loop_.clock().system_now() - call.since));
    calls.emplace_back(call.since, call.what +
                                       (call.function.empty() ? "" : " in " + call.function) +
                                       " for " + duration_text(age) + " (" + id + ")");
  }
  std::ranges::sort(calls);
  std::vector<std::string> names;
  for (auto& [since, name] : calls) names.push_back(std::move(name));
  return names;
}

// A worker under load tells of its calls as fast as this process reads, and files and other workers must be looked at, too.
void Worker::read_some_messages() {
  for (int read = 0; read < kMessagesATurn; ++read) {
    if (!channel_watch_ || !read_message()) return;
  }
  loop_.run_at_end_of_turn(*this);
}

bool Worker::read_message() {
  auto [message, ended] = channel_.receive();
  if (ended) channel_watch_.reset();
  if (!message) return false;
  switch (message->kind) {
    case MessageKind::kServing:
      is_serving_ = true;
      events_.serving(decode_functions(message->text).value_or(std::vector<ServedFunction>()));
      break;
    case MessageKind::kCall:
      has_begun_calls_ = true;
      if (auto call = decode_call(message->text)) {
        running_.erase(call->id);
        events_.call(*std::move(call));
      }
      break;
    case MessageKind::kBegan: {
      has_begun_calls_ = true;
      if (running_.size() >= kMostRunning) running_.erase(running_.begin());
      const auto [id, rest] = cut(message->text);
      const auto [function, what] = cut(rest);
      running_[std::string(id)] = {.what = std::string(what),
                                   .function = std::string(function == "-" ? "" : function),
                                   .since = loop_.clock().system_now()};
      break;
    }
    case MessageKind::kCrashing:
      events_.crashing();
      break;
    case MessageKind::kReport:
      if (auto report = decode_report("{" + message->text)) reports_.push_back(*std::move(report));
      break;
    case MessageKind::kConnection:
      if (!message->descriptor) break;
      events_.passed(
          {.socket = std::move(message->descriptor), .unread = std::move(message->text)});
      break;
    case MessageKind::kLeft:
      events_.left();
      break;
    case MessageKind::kTold:
      events_.told(message->text);
      break;
    case MessageKind::kStillRuns:
      if (auto told = decode_still_runs(message->text)) {
        told->build = build();
        told->call = told->id.empty() ? std::string() : name_of_call(told->id);
        const auto call = running_.find(told->id);
        told->since = call == running_.end() ? started_ : call->second.since;
        events_.still_runs(*std::move(told));
      }
      break;
    case MessageKind::kRelease:
    case MessageKind::kDirect:
      break;  // orders to workers
  }
  return true;
}

void Worker::read_output() {
  if (read_all(output_.get(), events_.printed)) output_watch_.reset();
}

void Worker::read_errors() {
  if (read_all(errors_.get(), events_.wrote)) errors_watch_.reset();
}

void Worker::has_ended() {
  const std::optional<os::Ended> ended = process_->poll();
  if (!ended) return;
  ended_watch_.reset();
  // What it said before it ended.
  while (channel_watch_ && read_message()) {
  }
  if (output_watch_) read_output();
  if (errors_watch_) read_errors();
  channel_watch_.reset();
  output_watch_.reset();
  errors_watch_.reset();
  const auto told = std::move(events_.ended);  // the owner may destroy this worker
  told(*ended);
}

}  // namespace ofn::dev
