#include "invocation/await_host.h"

#include <cerrno>
#include <memory>
#include <new>

namespace ofn {

class AwaitHost::Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;
  // Sets the wait's error if it cannot begin. If it returns false, the wait has ended.
  virtual bool begin(abi::Wait& wait) = 0;
  virtual void cancel() {}
  virtual bool is_outside() const { return true; }

  static bool give_up(abi::Wait& wait) noexcept {
    static_cast<Source*>(wait.source)->cancel();
    return true;
  }
  // A wait without a source is a callback's or another task's.
  static bool is_outside(const abi::Wait& wait) {
    return wait.source == nullptr || static_cast<const Source*>(wait.source)->is_outside();
  }
};

class AwaitHost::Watching final : public Source {
 public:
  Watching(AwaitHost& host, int descriptor, abi::Interest interest)
      : host_(host), descriptor_(descriptor), interest_(interest) {}

  bool begin(abi::Wait& wait) override {
    DescriptorWaits* const all = host_.services_.descriptors;
    if (all == nullptr) {
      wait.error = ENOSYS;
      return false;
    }
    wait_ = std::make_unique<DescriptorWait>(descriptor_, kind(), [this, &wait] {
      wait_.reset();
      host_.end(wait);
    });
    const auto begun = all->begin(*wait_);
    if (begun) return true;
    wait_.reset();
    if (begun.error() != EPERM) wait.error = begun.error();
    return false;
  }
  void cancel() override {
    if (wait_ != nullptr) host_.services_.descriptors->end(*wait_);
  }

 private:
  DescriptorWait::Kind kind() const {
    if (interest_ == abi::Interest::kReadable) return DescriptorWait::Kind::kReadable;
    return interest_ == abi::Interest::kWritable ? DescriptorWait::Kind::kWritable
                                                 : DescriptorWait::Kind::kEither;
  }

  AwaitHost& host_;
  int descriptor_;
  abi::Interest interest_;
  std::unique_ptr<DescriptorWait> wait_;
};

class AwaitHost::Working final : public Source {
 public:
  Working(AwaitHost& host, void (*run)(abi::Wait&) noexcept) : host_(host), run_(run) {}

  bool begin(abi::Wait& wait) override {
    Workers* const workers = host_.services_.workers;
    const bool taken = workers != nullptr && workers->post([&host = host_, run = run_, &wait] {
      run(wait);
      host.wake(wait);
    });
    if (!taken) wait.error = EAGAIN;
    return taken;
  }

 private:
  AwaitHost& host_;
  void (*run_)(abi::Wait&) noexcept;
};

class AwaitHost::Fetching final : public Source {
 public:
  Fetching(AwaitHost& host, const HttpCall& call, HttpReply& reply, std::optional<Failure>& failure)
      : host_(host), call_(call), reply_(reply), failure_(failure) {}

  bool begin(abi::Wait& wait) override {
    HttpPort* const http = host_.services_.http;
    if (http == nullptr)
      return refuse(Error(Code::kFailedPrecondition, "this program has no HTTP client"));
    auto begun = http->send(call_, host_.passed_on_(), [this, &wait](Result<HttpReply> reply) {
      if (reply) {
        reply_ = *std::move(reply);
      } else {
        refuse(reply.error());
      }
      host_.end(wait);
    });
    if (!begun) return refuse(begun.error());
    under_way_ = *std::move(begun);
    return true;
  }
  void cancel() override { under_way_.reset(); }
  bool is_outside() const override { return false; }

 private:
  bool refuse(const Error& error) {
    failure_ = Failure{error.code(), error.text()};
    return false;
  }

  AwaitHost& host_;
  const HttpCall& call_;
  HttpReply& reply_;
  std::optional<Failure>& failure_;
  std::unique_ptr<HttpPort::UnderWay> under_way_;
};

void AwaitHost::List::add(abi::Wait& wait) noexcept {
  wait.previous = last;
  wait.next = nullptr;
  (last == nullptr ? first : last->next) = &wait;
  last = &wait;
}

void AwaitHost::List::remove(abi::Wait& wait) noexcept {
  (wait.previous == nullptr ? first : wait.previous->next) = wait.next;
  (wait.next == nullptr ? last : wait.next->previous) = wait.previous;
}

void AwaitHost::note(abi::Wait& wait, Source* source) noexcept {
  wait.source = source;
  if (source == nullptr) wait.error = ENOMEM;
  noted_.add(wait);
}

void AwaitHost::note_watch(abi::Wait& wait, int descriptor, abi::Interest interest) noexcept {
  wait.give_up = &Source::give_up;
  note(wait, new (std::nothrow) Watching(*this, descriptor, interest));
}

void AwaitHost::note_work(abi::Wait& wait, void (*run)(abi::Wait&) noexcept) noexcept {
  note(wait, new (std::nothrow) Working(*this, run));
}

void AwaitHost::note_fetch(abi::Wait& wait, const HttpCall& call, HttpReply& reply,
                           std::optional<Failure>& failure) noexcept {
  wait.give_up = &Source::give_up;
  note(wait, new (std::nothrow) Fetching(*this, call, reply, failure));
}

bool AwaitHost::start_noted(Call call) {
  const List noted = std::exchange(noted_, {});
  for (abi::Wait* wait = noted.first; wait != nullptr;) {
    abi::Wait* const next = wait->next;
    begin(*wait, call);
    wait = next;
  }
  if (!std::exchange(scope_was_stopped_, false)) return false;
  for (abi::Wait* wait = waits_.first; wait != nullptr;) {
    abi::Wait* const next = wait->next;
    if (is_stopped(wait->scope)) give_up(*wait);
    wait = next;
  }
  return true;
}

void AwaitHost::begin(abi::Wait& wait, Call call) {
  wait.has_begun = true;
  waits_.add(wait);
  if (services_.outside != nullptr && Source::is_outside(wait)) ++*services_.outside;
  if (wait.is_woken || wait.error != 0) return end(wait);
  if ((call == Call::kIsStopped || is_stopped(wait.scope)) && give_up(wait)) return;
  if (wait.source != nullptr && !static_cast<Source*>(wait.source)->begin(wait)) return end(wait);
  if (wait.limit == abi::Wait::Time::max()) return;
  auto timer = std::make_unique<Timer>(loop_, [this, &wait] { give_up(wait); });
  timer->arm(wait.limit < SteadyTime::max() - loop_.now() ? loop_.now() + wait.limit
                                                          : SteadyTime::max());
  wait.timer = timer.release();
}

bool AwaitHost::give_up(abi::Wait& wait) {
  if (wait.give_up == nullptr || !wait.give_up(wait)) return false;
  wait.was_given_up = true;
  end(wait);
  return true;
}

void AwaitHost::wake(abi::Wait& wait) noexcept {
  loop_.post([this, &wait] { woken(wait); });
}

void AwaitHost::woken(abi::Wait& wait) {
  if (wait.has_begun) {
    end(wait);
  } else {
    wait.is_woken = true;
  }
}

void AwaitHost::end(abi::Wait& wait) {
  waits_.remove(wait);
  if (services_.outside != nullptr && Source::is_outside(wait)) --*services_.outside;
  delete static_cast<Source*>(std::exchange(wait.source, nullptr));
  delete static_cast<Timer*>(std::exchange(wait.timer, nullptr));
  ready_(wait.frame);
}

void AwaitHost::stop() {
  for (abi::Wait* wait = waits_.first; wait != nullptr;) {
    abi::Wait* const next = wait->next;
    give_up(*wait);
    wait = next;
  }
}

}  // namespace ofn
