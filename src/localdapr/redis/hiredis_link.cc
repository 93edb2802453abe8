#include "localdapr/redis/hiredis_link.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <hiredis/hiredis.h>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "wire/connection.h"
#include "wire/connector.h"
#include "wire/limits.h"
#include "wire/session.h"

namespace ofn::localdapr {
namespace {

constexpr std::chrono::seconds kConnectTime(5);  // the limit of go-redis, which daprd uses
// Longer than any command blocks. If Redis owes an answer and is silent for this long, the
// connection is lost.
constexpr std::chrono::seconds kSilence(15);
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::seconds kLongestPause(5);
constexpr std::size_t kMaxCommands = 10'000;  // without an answer
constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxReplyBytes = std::size_t{256} << 20;

std::string encode(const std::vector<std::string>& words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string& word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* bytes = nullptr;
  const int size =
      redisFormatCommandArgv(&bytes, static_cast<int>(words.size()), texts.data(), sizes.data());
  if (size < 0) return {};
  std::string encoded(bytes, static_cast<std::size_t>(size));
  redisFreeCommand(bytes);
  return encoded;
}

RedisReply decode(const redisReply& reply) {
  using Kind = RedisReply::Kind;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return {.kind = Kind::kInteger, .integer = reply.integer};
    case REDIS_REPLY_ARRAY: {
      RedisReply array{.kind = Kind::kArray};
      for (const redisReply* element : std::span(reply.element, reply.elements)) {
        array.elements.push_back(decode(*element));
      }
      return array;
    }
    case REDIS_REPLY_NIL:
      return {};
    default:
      return {.kind = Kind::kText, .text = std::string(reply.str, reply.len)};
  }
}

class HiredisLink final : public RedisLink {
 public:
  HiredisLink(RedisServer server, Loop& loop, Log& log)
      : server_(std::move(server)),
        loop_(loop),
        log_(log),
        pause_timer_(loop, [this] { dial_if_wanted(); }),
        patience_(loop, [this] { look_at_the_clock(); }) {}
  // The owner wants no more answers. Commands that are already written may still be executed.
  ~HiredisLink() override = default;

  void send(std::vector<std::string> words, Deadline deadline, RedisDone done) override {
    Command command{
        .bytes = encode(words), .size = 0, .due = deadline.at(), .done = std::move(done)};
    command.size = command.bytes.size();
    if (command.size == 0 || waiting_.size() + sent_.size() >= kMaxCommands ||
        bytes_ + command.size > kMaxBytes) {
      return command.done(fail(Code::kResourceExhausted, "too many commands wait for Redis"));
    }
    bytes_ += command.size;
    look_at(command.due);
    waiting_.push_back(std::move(command));
    if (up_) return send_waiting();
    dial_if_wanted();
  }

 private:
  struct Command {
    std::string bytes;
    std::size_t size;
    SteadyTime due;
    RedisDone done;  // null if already answered
  };

  // The protocol's state on one connection.
  class Session final : public wire::Session {
   public:
    explicit Session(HiredisLink& link) : link_(link) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() override { redisReaderFree(reader_); }

    void start(wire::Transport& transport) override { transport_ = &transport; }
    void receive(std::string_view bytes) override {
      if (ended_) return;
      link_.heard_ = link_.loop_.now();
      if (redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK) return refuse();
      while (!ended_) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader_, &reply) != REDIS_OK) return refuse();
        if (reply == nullptr) break;
        const std::unique_ptr<redisReply, void (*)(void*)> owner(static_cast<redisReply*>(reply),
                                                                 freeReplyObject);
        if (owner->type == REDIS_REPLY_ERROR) {
          link_.answered(fail(Code::kInternal, std::string(owner->str, owner->len)));
        } else {
          link_.answered(decode(*owner));
        }
      }
      if (!ended_ && reader_->len - reader_->pos > kMaxReplyBytes) {
        link_.down("it answers with more than 256 MiB");
      }
    }
    void input_ended() override {
      if (!ended_) link_.down("it closed the connection");
    }
    void lost(const Error& error) override {
      if (!ended_) link_.down(error.message());
    }
    bool wants_input() const override { return !ended_; }
    std::size_t gather(std::span<std::string_view> buffers) override {
      std::size_t count = 0;
      for (const std::string& bytes : output_) {
        if (count == buffers.size()) break;
        buffers[count] = bytes;
        if (count == 0) buffers[count].remove_prefix(written_);
        ++count;
      }
      return count;
    }
    void sent(std::size_t count) override {
      for (written_ += count; !output_.empty() && written_ >= output_.front().size();) {
        written_ -= output_.front().size();
        output_.pop_front();
      }
    }
    wire::Ending ending() const override {
      return ended_ ? wire::Ending::kAbort : wire::Ending::kOpen;
    }
    void drain() override {}
    bool idle() const override { return false; }

    void write(std::string bytes) {
      output_.push_back(std::move(bytes));
      transport_->wake();
    }
    void end() {
      ended_ = true;
      output_.clear();
      written_ = 0;
      transport_->wake();
    }

   private:
    void refuse() {
      link_.down("it does not follow Redis' protocol: " + std::string(reader_->errstr));
    }

    HiredisLink& link_;
    wire::Transport* transport_ = nullptr;
    redisReader* reader_ = redisReaderCreate();
    std::deque<std::string> output_;
    std::size_t written_ = 0;  // of the first element
    bool ended_ = false;
  };

  void dial_if_wanted() {
    if (waiting_.empty() || dialing_ || connection_ || pause_timer_.armed()) return;
    const Deadline deadline = Deadline::in(kConnectTime, loop_.clock());
    dialing_ = wire::dial(loop_, server_.endpoint, limits_, deadline, [this](auto connected) {
      dialing_.reset();
      if (!connected) return down(connected.error().message());
      greet(*std::move(connected));
    });
  }

  void greet(std::unique_ptr<wire::Connection> connection) {
    connection_ = std::move(connection);
    auto session = std::make_unique<Session>(*this);
    session_ = session.get();
    connection_->start(std::move(session), [this](wire::Connection&) {
      connection_.reset();
      dial_if_wanted();
    });
    std::vector<std::vector<std::string>> greetings;
    if (!server_.password.empty()) {
      auto& words = greetings.emplace_back(std::vector<std::string>{"AUTH"});
      if (!server_.user.empty()) words.push_back(server_.user);
      words.push_back(server_.password);
    }
    if (server_.database != 0) {
      greetings.push_back({"SELECT", std::to_string(server_.database)});
    }
    // Waits for the answers before it sends anything else, because other commands could run in
    // another database.
    greetings_ = greetings.size();
    for (const auto& words : greetings) {
      Command greeting{.bytes = encode(words),
                       .size = 0,
                       .due = SteadyTime::max(),
                       .done = [this](const Result<RedisReply>& reply) {
                         if (!reply) {
                           // session_ is null if the connection is lost, which has been logged.
                           if (session_ != nullptr) down(reply.error().message());
                           return;
                         }
                         if (--greetings_ == 0) come_up();
                       }};
      write(std::move(greeting));
    }
    if (greetings_ == 0) come_up();
  }

  void come_up() {
    up_ = true;
    if (std::exchange(told_down_, false)) {
      log_.write(Level::kInfo, "connected to Redis", {{"host", server_.endpoint.text()}});
    }
    send_waiting();
  }

  void send_waiting() {
    while (up_ && !waiting_.empty()) {
      Command next = std::move(waiting_.front());
      waiting_.pop_front();
      write(std::move(next));
    }
  }

  void write(Command command) {
    if (sent_.empty()) {
      heard_ = loop_.now();
      look_at(heard_ + kSilence);
    }
    session_->write(std::exchange(command.bytes, {}));
    sent_.push_back(std::move(command));
  }

  void answered(Result<RedisReply> reply) {
    if (sent_.empty()) return down("it sent an answer without a command");
    if (up_) pause_ = kFirstPause;  // not while Redis refuses the greetings
    Command command = std::move(sent_.front());
    sent_.pop_front();
    bytes_ -= command.size;
    if (command.done) command.done(std::move(reply));
  }

  // The connection is lost, or could not be made.
  void down(std::string why) {
    const bool missed =
        // Otherwise it was idle, and Redis may end an idle connection.
        !waiting_.empty() || !sent_.empty();
    log_.write(missed && !std::exchange(told_down_, true) ? Level::kWarning : Level::kDebug,
               "no connection to Redis; trying again",
               {{"host", server_.endpoint.text()}, {"reason", why}});
    why_ = std::move(why);
    up_ = false;
    if (session_ != nullptr) std::exchange(session_, nullptr)->end();
    pause_timer_.arm(loop_.clock().now() + pause_);
    pause_ = std::min<Duration>(pause_ * 2, kLongestPause);
    auto lost = std::exchange(sent_, {});
    for (Command& command : lost) {
      bytes_ -= command.size;
      if (command.done) command.done(unavailable());
    }
  }

  std::unexpected<Error> unavailable() const {
    return fail(Code::kUnavailable, "no connection to Redis at " + server_.endpoint.text() +
                                        (why_.empty() ? "" : ": " + why_));
  }

  void look_at(SteadyTime due) {
    if (due != SteadyTime::max() && (!patience_.armed() || due < next_look_)) {
      patience_.arm(next_look_ = due);
    }
  }

  void look_at_the_clock() {
    const SteadyTime now = loop_.clock().now();
    next_look_ = SteadyTime::max();
    if (!sent_.empty() && heard_ + kSilence <= now) down("it does not answer");
    std::vector<RedisDone> late;
    SteadyTime next = sent_.empty() ? SteadyTime::max() : heard_ + kSilence;
    const auto look = [&](Command& command) {
      if (!command.done) return;
      if (command.due > now) {
        next = std::min(next, command.due);
      } else {
        late.push_back(std::exchange(command.done, nullptr));
      }
    };
    for (Command& command : sent_) look(command);
    for (Command& command : waiting_) look(command);
    std::erase_if(waiting_, [this](const Command& command) {
      if (command.done) return false;
      bytes_ -= command.size;
      return true;
    });
    look_at(next);
    for (RedisDone& done : late) {
      done(up_ ? fail(Code::kUnavailable, "Redis does not answer in time") : unavailable());
    }
  }

  const RedisServer server_;
  const wire::Limits limits_{};
  Loop& loop_;
  Log& log_;
  Timer pause_timer_;  // before the next attempt to connect
  Timer patience_;     // for the first command that is due, and for a silent Redis
  SteadyTime next_look_ = SteadyTime::max();
  SteadyTime heard_{};
  Duration pause_ = kFirstPause;
  std::deque<Command> waiting_;
  std::deque<Command> sent_;
  std::size_t bytes_ = 0;  // of both queues
  std::size_t greetings_ = 0;
  std::string why_;  // the reason why it is down
  bool up_ = false;
  bool told_down_ = false;
  Session* session_ = nullptr;  // null while the connection ends
  std::unique_ptr<wire::Dialing> dialing_;
  std::unique_ptr<wire::Connection> connection_;
};

}  // namespace

std::unique_ptr<RedisLink> make_hiredis_link(RedisServer server, Loop& loop, Log& log) {
  return std::make_unique<HiredisLink>(std::move(server), loop, log);
}

}  // namespace ofn::localdapr
