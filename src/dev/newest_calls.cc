#include "dev/newest_calls.h"

#include <optional>
#include <span>
#include <string_view>

#include <ofn/field.h>

#include "wire/connection.h"
#include "wire/http1/client_session.h"

namespace ofn::dev {

// One call. `over` destroys it.
class NewestCalls::One {
 public:
  One(NewestCalls& calls, Wanted wanted, Done done)
      : calls_(calls),
        wanted_(std::move(wanted)),
        done_(std::move(done)),
        began_(calls.loop_.clock().now()),
        limit_(calls.loop_, [this] { is_late(); }) {}

  bool waits() const { return connection_ == nullptr && !result_; }
  void set_over(std::function<void()> over) { over_ = std::move(over); }

  void send(bool is_of_older) {
    answer_.is_of_older = is_of_older;
    const SteadyTime now = calls_.loop_.clock().now();
    answer_.waited = now - began_;
    sent_ = now;
    auto socket = calls_.options_.connect(wanted_.mode);
    if (!socket) return end(std::unexpected(std::move(socket).error()));
    connection_ = std::make_unique<wire::Connection>(calls_.loop_, socket->release(), "the worker",
                                                     calls_.limits_);
    auto session = std::make_unique<wire::http1::ClientSession>(calls_.limits_);
    session_ = session.get();
    connection_->start(std::move(session), [this](wire::Connection&) { is_gone(); });
    std::vector<Field> fields;
    for (const auto& [name, value] : wanted_.fields) fields.push_back({name, value});
    limit_.arm(now + calls_.options_.within);
    session_->send({.method = wanted_.method,
                    .authority = "localhost",
                    .target = wanted_.target,
                    .fields = fields},
                   wanted_.body,
                   [this](const wire::http1::ClientOutcome& outcome) { answered(outcome); });
  }
  void refuse(Error error) { end(std::unexpected(std::move(error))); }

 private:
  void answered(const wire::http1::ClientOutcome& outcome) {
    limit_.disarm();
    if (!outcome) {
      result_ = std::unexpected(Error(
          Code::kUnavailable, outcome.error().unanswered ? "the worker ended before it had answered"
                                                         : outcome.error().error.message()));
    } else {
      answer_.status = outcome->status;
      answer_.took = calls_.loop_.clock().now() - sent_;
      for (const Field& field : outcome->fields)
        answer_.fields.emplace_back(field.name, field.value);
      answer_.body = outcome->body;
      answer_.is_cut = outcome->is_cut;
      result_ = std::move(answer_);
    }
    // Later, because the session is still at work; then the connection ends.
    calls_.loop_.post([this] { connection_->close(); });
  }
  void is_late() {
    result_ =
        std::unexpected(Error(Code::kDeadlineExceeded, "the whole answer was not there in time"));
    session_->cancel();
    connection_->close();
  }
  void is_gone() {
    if (!result_)
      result_ =
          std::unexpected(Error(Code::kUnavailable, "the worker ended before it had answered"));
    end(*std::move(result_));
  }
  void end(Result<Answer> result) {
    limit_.disarm();
    result_ = std::move(result);
    // Not here: the connection is still at work.
    calls_.loop_.post([this] {
      auto done = std::move(done_);
      auto answer = *std::move(result_);
      const auto over = std::move(over_);
      over();
      done(std::move(answer));
    });
  }

  NewestCalls& calls_;
  Wanted wanted_;
  Done done_;
  std::function<void()> over_;
  SteadyTime began_;
  SteadyTime sent_{};
  TimeLimit limit_;  // off while the worker is in a debugger
  Answer answer_;
  std::optional<Result<Answer>> result_;
  wire::http1::ClientSession* session_ = nullptr;
  std::unique_ptr<wire::Connection> connection_;
};

NewestCalls::NewestCalls(Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), patience_(loop, [this] { send_waiting(true); }) {
  limits_.body_bytes = kMostAnswer;
}

NewestCalls::~NewestCalls() = default;

void NewestCalls::begin(Wanted wanted, Done done) {
  const auto at =
      all_.insert(all_.end(), std::make_unique<One>(*this, std::move(wanted), std::move(done)));
  One& one = **at;
  one.set_over([this, at] { all_.erase(at); });
  if (all_.size() > kMost) {
    return one.refuse(
        Error(Code::kResourceExhausted, "more than " + std::to_string(kMost) + " calls at a time"));
  }
  if (options_.coming() == 0) return one.send(false);
  if (!patience_.armed()) patience_.arm(loop_.clock().now() + kPatience);
}

// Later, because the supervisor is still at work when it tells of a build.
void NewestCalls::on(const ServingBuild& /*event*/) { loop_.run_soon(*this); }
void NewestCalls::on(const BuildFailed& /*event*/) { loop_.run_soon(*this); }

void NewestCalls::run_ready() {
  if (options_.coming() == 0) send_waiting(false);
}

void NewestCalls::send_waiting(bool is_of_older) {
  patience_.disarm();
  for (const auto& one : all_) {
    if (one->waits()) one->send(is_of_older);
  }
}

}  // namespace ofn::dev
