#include "invocation/task_host.h"

#include <iterator>
#include <memory>
#include <utility>
#include <variant>

namespace ofn {

const abi::TaskTable TaskHost::kTable = {
    .sleep =
        [](void* host, Duration time, bool& slept, const abi::Scope* scope, void* frame) {
          auto& self = *static_cast<TaskHost*>(host);
          self.note(
              [&self, time, &slept, scope, frame] { self.begin_sleep(time, slept, scope, frame); });
        },
    .send =
        [](void* host, const std::string_view* output, std::string_view data,
           const SendOptions* given, SendReport& report, void* frame) {
          static const SendOptions none;
          const SendOptions& options = given == nullptr ? none : *given;
          auto& self = *static_cast<TaskHost*>(host);
          self.note([&self, output, payload = self.context_.payload(data, options), &options,
                     &report, frame]() mutable {
            self.context_.send(output, std::move(payload), options,
                               [&self, &report, frame](SendReport sent) {
                                 report = std::move(sent);
                                 self.ready(frame);
                               });
          });
        },
    .ask =
        [](void* host, const StoreCall& call, StoreAnswer& answer, std::optional<Failure>& failure,
           void* frame) {
          auto& self = *static_cast<TaskHost*>(host);
          const auto done = [&self, &answer, &failure, frame](StoreResult result) {
            take_answer(std::move(result), answer, failure);
            self.ready(frame);
          };
          if (const auto* all = std::get_if<SendAll>(&call)) {
            return self.note([&self, all, items = self.context_.items_of(*all), done]() mutable {
              self.context_.send_all(all->output, std::move(items), done);
            });
          }
          self.note([&self, &call, done] { self.context_.ask(call, done); });
        },
    .wait_for_room =
        [](void* host, bool& open, const abi::Scope* scope, void* frame) {
          auto& self = *static_cast<TaskHost*>(host);
          self.note([&self, &open, scope, frame] { self.begin_room(open, scope, frame); });
        }};

const abi::AwaitTable TaskHost::kAwaits = {
    .wait = [](void* host,
               abi::Wait& wait) noexcept { static_cast<TaskHost*>(host)->awaits_.note_wait(wait); },
    .wake = [](void* host,
               abi::Wait& wait) noexcept { static_cast<TaskHost*>(host)->awaits_.wake(wait); },
    .watch =
        [](void* host, abi::Wait& wait, int descriptor, abi::Interest interest) noexcept {
          static_cast<TaskHost*>(host)->awaits_.note_watch(wait, descriptor, interest);
        },
    .work =
        [](void* host, abi::Wait& wait, void (*run)(abi::Wait&) noexcept) noexcept {
          static_cast<TaskHost*>(host)->awaits_.note_work(wait, run);
        },
    .fetch =
        [](void* host, abi::Wait& wait, const HttpCall& call, HttpReply& reply,
           std::optional<Failure>& failure) noexcept {
          static_cast<TaskHost*>(host)->awaits_.note_fetch(wait, call, reply, failure);
        },
    .scope_stopped =
        [](void* host) noexcept { static_cast<TaskHost*>(host)->awaits_.note_stopped_scope(); },
    .stop_token =
        [](void* host) noexcept { return static_cast<TaskHost*>(host)->stop_.source.get_token(); },
    .is_stopped =
        [](void* host) noexcept {
          return static_cast<TaskHost*>(host)->stop_.asked.load(std::memory_order_relaxed);
        }};

TaskHost::TaskHost(Loop& loop, ContextHost& context, StreamHost& stream,
                   const AwaitServices& services, const StopState& stop,
                   std::function<HttpPortOptions()> passed_on, std::function<void()> on_ready)
    : loop_(loop),
      context_(context),
      stream_(stream),
      stop_(stop),
      on_ready_(std::move(on_ready)),
      awaits_(loop, services, std::move(passed_on), [this](void* frame) { ready(frame); }),
      tasks_{.table = &kTable, .awaits = &kAwaits, .host = this} {}

void TaskHost::resume_ready() {
  std::vector<void*> frames;
  {
    const std::lock_guard lock(mutex_);
    frames.swap(ready_);
  }
  for (void* frame : frames) run(frame);
}

void TaskHost::start_noted() {
  // The next piece is due when all have begun, also where some are done at once.
  for (auto& start : std::exchange(noted_, {})) start();
  if (awaits_.start_noted(stopped_ ? AwaitHost::Call::kIsStopped : AwaitHost::Call::kGoesOn))
    end_stopped();
  piece_due_ = false;
  make_due();
}

void TaskHost::ready(void* frame) {
  {
    const std::lock_guard lock(mutex_);
    ready_.push_back(frame);
  }
  if (!piece_due_) make_due();
}

void TaskHost::make_due() {
  {
    const std::lock_guard lock(mutex_);
    if (ready_.empty()) return;
  }
  piece_due_ = true;
  on_ready_();
}

void TaskHost::begin_sleep(Duration time, bool& slept, const abi::Scope* scope, void* frame) {
  if (stopped_ || is_stopped(scope)) {
    slept = false;
    return ready(frame);
  }
  Sleep& sleep = sleeps_.emplace_back(*this, slept, scope, frame);
  sleep.place = std::prev(sleeps_.end());
  sleep.timer.arm(time < SteadyTime::max() - loop_.now() ? loop_.now() + time : SteadyTime::max());
}

void TaskHost::wake(Sleep& sleep) {
  ready(sleep.frame);
  sleeps_.erase(sleep.place);
}

void TaskHost::begin_room(bool& open, const abi::Scope* scope, void* frame) {
  open = false;
  if (is_stopped(scope)) return ready(frame);
  // The stream keeps its callback until there is room, also if the coroutine has gone on.
  const auto room = std::make_shared<Room>(Room{.open = &open, .scope = scope, .frame = frame});
  std::erase_if(rooms_, [](const std::shared_ptr<Room>& each) { return each->frame == nullptr; });
  if (scope != nullptr) rooms_.push_back(room);
  stream_.when_room([this, room](bool is_open) {
    if (room->frame == nullptr) return;
    *room->open = is_open;
    ready(std::exchange(room->frame, nullptr));
  });
}

void TaskHost::end_stopped() {
  for (const auto& on_stopped : on_scopes_stopped_) on_stopped();
  std::erase_if(rooms_, [this](const std::shared_ptr<Room>& room) {
    if (room->frame != nullptr && is_stopped(room->scope))
      ready(std::exchange(room->frame, nullptr));
    return room->frame == nullptr;
  });
  for (auto sleep = sleeps_.begin(); sleep != sleeps_.end();) {
    Sleep& one = *sleep++;
    if (!is_stopped(one.scope)) continue;
    *one.slept = false;
    wake(one);
  }
}

void TaskHost::stop() {
  stopped_ = true;
  for (const Sleep& each : std::exchange(sleeps_, {})) {
    *each.slept = false;
    ready(each.frame);
  }
  awaits_.stop();
}

}  // namespace ofn
