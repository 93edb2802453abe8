#include "simulation/callers.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "simulation/instance.h"

namespace ofn::simulation {

namespace {

using std::chrono::milliseconds;

}  // namespace

Wire wire_of(Manner manner, const Setting& setting, Random& random) {
  Wire wire{.delay = setting.delay, .breaks_up = setting.breaks_up};
  if (manner == Manner::kBrokenOff) wire.cut_after = 1 + random() % 3000;
  if (manner == Manner::kSlowReader) wire.room = 1 + random() % 5000;
  return wire;
}

// --- HTTP/1.1 ------------------------------------------------------------------------------------

Caller::Caller(Kernel& kernel, Ledger& ledger, Hears& hears, Manner manner, Random& random)
    : kernel_(kernel), ledger_(ledger), hears_(hears), manner_(manner), random_(random) {
  fd_ = kernel_.socket();
  kernel_.connect(fd_, kPort);
  if (manner_ == Manner::kLeaves) wakes_ = kernel_.now() + milliseconds(random_() % 400);
}

Caller::~Caller() {
  if (!is_over_) kernel_.close(fd_);
}

bool Caller::request(unsigned key) {
  const std::string_view body = body_of(ledger_.op(key), key);
  std::string text = body.empty() ? "GET " : "POST ";
  text += path_of(ledger_.op(key), key) + " HTTP/1.1\r\nHost: sim\r\n";
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  text += "\r\n";
  text += body;
  if (!send(key, text)) return false;
  ledger_.of(key).fd = fd_;
  return true;
}

bool Caller::send(unsigned key, std::string_view text) {
  if (!is_reusable()) return false;
  if (key != kNoKey) ledger_.sends(key, manner_ == Manner::kGood || manner_ == Manner::kHalfCloses);
  queued_ += text.size();
  out_ += text;
  expected_.push_back({key, queued_});
  return true;
}

bool Caller::step() {
  if (is_over_) return false;
  if (manner_ == Manner::kLeaves && kernel_.now() >= wakes_) {
    end();
    return true;
  }
  const unsigned state = kernel_.state_of(fd_);
  bool any = false;
  if ((state & EPOLLOUT) != 0) any = write();
  if (!is_over_ && (state & EPOLLIN) != 0) any = read() || any;
  return any;
}

bool Caller::write() {
  if (out_.empty()) return false;
  if (manner_ == Manner::kDead && written_ > 0) return false;
  std::size_t most = out_.size();
  if (manner_ == Manner::kSlowSender) {
    if (kernel_.now() < wakes_ && wakes_ != SteadyTime::max()) return false;
    wakes_ = kernel_.now() + milliseconds(1 + random_() % 300);
    most = 1 + random_() % 200;
  }
  if (manner_ == Manner::kDead) most = 1 + random_() % out_.size();
  const std::ptrdiff_t count = kernel_.send(fd_, std::string_view(out_).substr(0, most));
  if (count < 0) return false;
  out_.erase(0, static_cast<std::size_t>(count));
  written_ += static_cast<std::size_t>(count);
  if (out_.empty() && manner_ == Manner::kSlowSender) wakes_ = SteadyTime::max();
  if (out_.empty() && manner_ == Manner::kHalfCloses && !std::exchange(has_half_closed_, true))
    kernel_.shut_down_writing(fd_);
  return true;
}

bool Caller::read() {
  if (manner_ == Manner::kDead) return false;
  std::array<char, 16384> place;
  std::size_t most = place.size();
  if (manner_ == Manner::kSlowReader) {
    if (kernel_.now() < wakes_ && wakes_ != SteadyTime::max()) return false;
    wakes_ = kernel_.now() + milliseconds(1 + random_() % 200);
    most = 1 + random_() % 4000;
  }
  const std::ptrdiff_t count = kernel_.receive(fd_, std::span(place).first(most));
  if (count <= 0) {
    end();
    return true;
  }
  in_.add(std::string_view(place.data(), static_cast<std::size_t>(count)));
  take_answers();
  return true;
}

void Caller::take_answers() {
  while (const std::optional<Answer> answer = in_.next()) {
    last_answer_ = answer->is_last;
    if (expected_.empty()) {
      // A server may say why it closes an idle connection.
      if (answer->status != 408)
        ledger_.break_rule("every call ends once", "a caller got an answer without a request");
      continue;
    }
    const unsigned key = expected_.front().key;
    expected_.pop_front();
    hears_.answered(key, answer->status, answer->body);
    // What was sent behind the last answer was not taken.
    if (last_answer_) {
      for (const Expected& each : std::exchange(expected_, {})) {
        ledger_.reached("request behind the last answer");
        ledger_.behind_the_last(each.key);
      }
    }
  }
  if (in_.is_malformed())
    ledger_.break_rule("the answer is well-formed", "a caller got an answer that it cannot read");
}

void Caller::end() {
  is_over_ = true;
  wakes_ = SteadyTime::max();
  kernel_.close(fd_);
  const Answer* part = in_.partial();
  // An answer in pieces may be cut off by a reset, which takes along the other answers that have not arrived.
  const auto writes = [this](const Expected& each) {
    return each.key != kNoKey && ledger_.of(each.key).writes;
  };
  const auto writers = std::ranges::count_if(expected_, writes);
  for (const Expected& each : std::exchange(expected_, {})) {
    if (writers > (writes(each) ? 1 : 0)) {
      ledger_.of(each.key).is_lost = true;
    } else {
      hears_.lost(each.key, part);
    }
    part = nullptr;
    if (each.key != kNoKey) ledger_.of(each.key).fd = -1;
  }
}

void Caller::note_arrived() {
  if (is_over_) return;
  for (const Expected& each : expected_) {
    if (each.key == kNoKey) continue;
    Known& call = ledger_.of(each.key);
    call.has_arrived = each.end <= kernel_.arrived_of(fd_);
    if (call.has_arrived && each.key != expected_.front().key)
      ledger_.reached("pipelined request arrived before the drain");
  }
}

void Caller::leave() {
  if (!is_over_) end();
}

// --- HTTP/2 --------------------------------------------------------------------------------------

Caller2::Caller2(Kernel& kernel, Ledger& ledger, Loop& loop, Manner manner)
    : kernel_(kernel), ledger_(ledger), loop_(loop), manner_(manner) {
  dialing_ = wire::dial(
      loop_, {"127.0.0.1", kPort, {}}, limits_, Deadline(kernel_.now() + std::chrono::seconds(5)),
      [this](Result<std::unique_ptr<wire::Connection>> made) {
        if (!made || is_over_) return fail_all();
        connection_ = *std::move(made);
        auto session =
            std::make_unique<wire::http2::ClientSession>(wire::http2::ClientOptions{}, [] {});
        session_ = session.get();
        connection_->start(std::move(session), [this](wire::Connection&) {
          session_ = nullptr;
          fail_all();
        });
        for (Waiting& waiting : calls_) send(waiting);
      });
  if (manner == Manner::kGood) return;
  leaves_ = std::make_unique<Timer>(loop_, [this] { leave(); });
  if (manner == Manner::kLeaves || manner == Manner::kHalfCloses)
    leaves_->arm(kernel_.now() + milliseconds(350));
}

Caller2::~Caller2() = default;

bool Caller2::request(unsigned key) {
  if (is_over_ || (session_ != nullptr && !session_->accepts())) return false;
  ledger_.sends(key, manner_ == Manner::kGood);
  const Op& op = ledger_.op(key);
  calls_.push_back({key, path_of(op, key), std::string(body_of(op, key))});
  if (session_ != nullptr) send(calls_.back());
  return true;
}

void Caller2::send(Waiting& waiting) {
  session_->send(
      {.method = waiting.body.empty() ? "GET" : "POST", .authority = "sim", .path = waiting.path},
      waiting.body, [this, key = waiting.key](const wire::http2::ClientOutcome& outcome) {
        if (outcome) return ledger_.answered(key, outcome->status, outcome->body);
        if (outcome.error().reach == wire::http2::Reach::kNever) {
          if (ledger_.of(key).runs > 0)
            ledger_.break_rule("what never arrived did not run",
                               "k" + std::to_string(key) + " ran");
          ledger_.reached("request never reached");
          ledger_.of(key).is_lost = true;
          return;
        }
        ledger_.lost(key, nullptr);
      });
}

void Caller2::fail_all() {
  if (std::exchange(is_over_, true)) return;
  for (const Waiting& each : calls_)
    ledger_.of(each.key).is_lost = ledger_.of(each.key).answers == 0;
}

void Caller2::leave() {
  dialing_.reset();
  if (connection_ != nullptr && session_ != nullptr) connection_->close();
  fail_all();
}

}  // namespace ofn::simulation
