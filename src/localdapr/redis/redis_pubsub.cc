#include "localdapr/redis/redis_pubsub.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "localdapr/go/go_json.h"
#include "localdapr/go/number.h"

namespace ofn::localdapr {
namespace {

using Kind = RedisReply::Kind;

constexpr std::chrono::seconds kPatience(10);  // for publishing
constexpr std::chrono::seconds kPause(1);      // after an error from Redis
// How long a read waits for entries, in ms. It must be shorter than the silence after which a link
// gives up its connection.
constexpr std::string_view kBlock = "5000";

std::string milliseconds(Duration duration) {
  return std::to_string(std::chrono::floor<std::chrono::milliseconds>(duration).count());
}

// Returns the first id after this one: TIME-NUMBER.
std::string behind(std::string_view id) {
  const std::size_t dash = id.find('-');
  const auto count =
      dash == std::string_view::npos ? std::nullopt : number<std::uint64_t>(id.substr(dash + 1));
  if (!count) return std::string(id);
  return std::string(id.substr(0, dash + 1)) + std::to_string(*count + 1);
}

// Writes metadata in daprd's form: an object of texts.
std::string write_metadata(const std::vector<Header>& metadata) {
  Node object = Node::object();
  for (const Header& entry : metadata) object.set(entry.name, entry.value);
  return write_json(object, GoNumbers::kExact);
}

std::optional<std::vector<Header>> read_metadata(std::string_view text) {
  const auto object = parse_json(text);
  if (!object || !object->is(Node::Kind::kObject)) return std::nullopt;
  std::vector<Header> metadata;
  for (const Node& entry : object->members()) {
    if (!entry.is(Node::Kind::kText)) return std::nullopt;
    metadata.push_back({entry.key(), entry.text()});
  }
  return metadata;
}

}  // namespace

// Shared with the callbacks of pending commands, which may outlive the subscription.
struct RedisPubsub::Stream {
  Stream(std::string of, OnMessage then, std::unique_ptr<RedisLink> with, Loop& loop,
         std::function<void()> join_again, std::function<void()> look_again)
      : topic(std::move(of)),
        on_message(std::move(then)),
        again(loop, std::move(join_again)),
        redeliver(loop, std::move(look_again)),
        link(std::move(with)) {}

  std::string topic;
  OnMessage on_message;
  std::set<std::string, std::less<>> held;  // ids of the entries that wait or are with the app
  bool waits_for_room = false;
  Timer again;                      // for joining the group again
  Timer redeliver;                  // for looking at pending entries
  std::unique_ptr<RedisLink> link;  // for commands that block; null after the end
};

RedisPubsub::RedisPubsub(RedisSettings settings, MakeRedisLink make_link, Loop& loop, Log& log)
    : settings_(std::move(settings)),
      make_link_(std::move(make_link)),
      loop_(loop),
      log_(log),
      link_(make_link_()) {}

RedisPubsub::~RedisPubsub() {
  while_alive_.end();
  while (!streams_.empty()) unsubscribe(std::string(streams_.begin()->first));
}

void RedisPubsub::publish(BusMessage message, dapr::PublishDone done) {
  std::vector<std::string> words = {"XADD", std::move(message.topic)};
  if (settings_.max_length > 0) {
    words.insert(words.end(), {"MAXLEN", "~", std::to_string(settings_.max_length)});
  } else if (settings_.stream_ttl > Duration::zero()) {
    const auto oldest = loop_.clock().system_now() - settings_.stream_ttl;
    words.insert(words.end(), {"MINID", "~", milliseconds(oldest.time_since_epoch()) + "-1"});
  }
  words.insert(words.end(), {"*", "data", std::move(message.data)});
  if (!message.metadata.empty()) {
    words.insert(words.end(), {"metadata", write_metadata(message.metadata)});
  }
  link_->send(std::move(words), Deadline::in(kPatience, loop_.clock()),
              [done = std::move(done)](const Result<RedisReply>& reply) mutable {
                if (reply) return done({});
                done(fail(Code::kInternal,
                          "redis streams: error from publish: " + reply.error().message()));
              });
}

void RedisPubsub::subscribe(const std::string& topic, OnMessage on_message) {
  unsubscribe(topic);
  const auto stream = std::make_shared<Stream>(
      topic, std::move(on_message), make_link_(), loop_,
      [this, topic] { join_group(StreamPointer(streams_.at(topic))); },
      [this, topic] { reclaim(StreamPointer(streams_.at(topic)), "-"); });
  streams_.emplace(topic, stream);
  join_group(stream);
  const bool redelivers = settings_.redeliver_interval > Duration::zero() &&
                          settings_.processing_timeout > Duration::zero();
  if (redelivers) reclaim(stream, "-");
}

// Waiting entries stay pending. Entries that are with the app are still acknowledged.
void RedisPubsub::unsubscribe(const std::string& topic) {
  const auto found = streams_.find(topic);
  if (found == streams_.end()) return;
  const StreamPointer stream = std::move(found->second);
  streams_.erase(found);
  stream->again.disarm();
  stream->redeliver.disarm();
  stream->link.reset();
  std::erase_if(waiting_, [&stream](const Waiting& entry) { return entry.stream == stream; });
}

void RedisPubsub::join_group(const StreamPointer& stream) {
  stream->link->send({"XGROUP", "CREATE", stream->topic, settings_.consumer_id, "0", "MKSTREAM"},
                     Deadline::never(), [this, stream](const Result<RedisReply>& reply) {
                       if (reply || reply.error().message().starts_with("BUSYGROUP"))
                         return read(stream);
                       missed(*stream, "cannot join the consumer group in Redis", reply.error());
                       stream->again.arm(loop_.clock().now() + kPause);
                     });
}

void RedisPubsub::read(const StreamPointer& stream) {
  stream->waits_for_room = waiting_.size() >= settings_.queue_depth;
  if (stream->waits_for_room) return;
  const std::size_t room = settings_.queue_depth - waiting_.size();
  stream->link->send(
      {"XREADGROUP", "GROUP", settings_.consumer_id, settings_.consumer_id, "COUNT",
       std::to_string(room), "BLOCK", std::string(kBlock), "STREAMS", stream->topic, ">"},
      Deadline::never(), [this, stream](Result<RedisReply> reply) {
        if (!reply) {
          // Redis may also have lost the group.
          missed(*stream, "cannot read entries from Redis", reply.error());
          return stream->again.arm(loop_.clock().now() + kPause);
        }
        for (RedisReply& of_stream : reply->elements) {
          if (of_stream.elements.size() != 2) continue;
          for (RedisReply& entry : of_stream.elements[1].elements) take(stream, std::move(entry));
        }
        read(stream);
      });
}

void RedisPubsub::reclaim(const StreamPointer& stream, std::string from) {
  link_->send(
      {"XPENDING", stream->topic, settings_.consumer_id, std::move(from), "+",
       std::to_string(settings_.queue_depth)},
      Deadline::in(kPatience, loop_.clock()), [this, stream](const Result<RedisReply>& reply) {
        if (!stream->link) return;
        stream->redeliver.arm(loop_.clock().now() + settings_.redeliver_interval);
        if (!reply) return missed(*stream, "cannot claim entries from Redis", reply.error());
        std::size_t room = settings_.queue_depth - std::min(waiting_.size(), settings_.queue_depth);
        for (const RedisReply& pending : reply->elements) {
          if (pending.elements.size() != 4) return;
          const std::string& id = pending.elements[0].text;
          const std::chrono::milliseconds idle(pending.elements[2].integer);
          if (idle < settings_.processing_timeout || stream->held.contains(id)) continue;
          if (room-- == 0) return;
          claim(stream, id);
        }
        if (reply->elements.size() < settings_.queue_depth) return;
        stream->redeliver.disarm();
        reclaim(stream, behind(reply->elements.back().elements[0].text));
      });
}

// Claims one entry at a time, because the answer for several entries does not say which ones no
// longer exist.
void RedisPubsub::claim(const StreamPointer& stream, std::string id) {
  link_->send({"XCLAIM", stream->topic, settings_.consumer_id, settings_.consumer_id,
               milliseconds(settings_.processing_timeout), id},
              Deadline::in(kPatience, loop_.clock()), [this, stream, id](Result<RedisReply> reply) {
                if (!stream->link) return;
                if (!reply)
                  return missed(*stream, "cannot claim entries from Redis", reply.error());
                for (RedisReply& entry : reply->elements) {
                  if (entry.kind == Kind::kNil) {
                    acknowledge(stream, id);  // it was deleted; Redis 7 acknowledges it itself
                  } else {
                    take(stream, std::move(entry));
                  }
                }
              });
}

void RedisPubsub::take(const StreamPointer& stream, RedisReply entry) {
  if (entry.elements.size() != 2) return;
  std::string& id = entry.elements[0].text;
  std::vector<RedisReply>& fields = entry.elements[1].elements;
  if (!stream->held.insert(id).second) return;
  BusMessage message{.topic = stream->topic, .data = {}};
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    std::string& value = fields[i + 1].text;
    if (fields[i].text == "data") {
      message.data = std::move(value);
    } else if (fields[i].text != "metadata") {
      continue;
    } else if (auto metadata = read_metadata(value)) {
      message.metadata = *std::move(metadata);
    } else {
      log_.write(Level::kWarning, "the metadata of an entry in Redis cannot be read",
                 {{"topic", stream->topic}, {"id", id}});
    }
  }
  waiting_.push_back({.stream = stream, .id = std::move(id), .message = std::move(message)});
  deliver_soon();
}

void RedisPubsub::deliver_soon() {
  if (std::exchange(delivers_soon_, true)) return;
  loop_.post(while_alive_([this] {
    delivers_soon_ = false;
    deliver();
  }));
}

void RedisPubsub::deliver() {
  while (under_way_ < settings_.concurrency && !waiting_.empty()) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    ++under_way_;
    const StreamPointer stream = next.stream;
    auto done = [this, stream, id = std::move(next.id)](Taken taken) {
      --under_way_;
      if (taken == Taken::kYes) {
        acknowledge(stream, id);
      } else {
        stream->held.erase(id);
      }
      deliver_soon();
    };
    stream->on_message(next.message, while_alive_(std::move(done)));
  }
  for (const auto& [topic, stream] : streams_) {
    if (stream->waits_for_room) read(stream);
  }
}

// The entry is not claimed again until the acknowledgement is answered.
void RedisPubsub::acknowledge(const StreamPointer& stream, std::string id) {
  link_->send({"XACK", stream->topic, settings_.consumer_id, id}, Deadline::never(),
              [this, stream, id](const Result<RedisReply>& reply) {
                const bool is_lost = !reply && reply.error().code() == Code::kUnavailable;
                if (is_lost) return acknowledge(stream, id);
                stream->held.erase(id);
                if (!reply) missed(*stream, "cannot acknowledge an entry to Redis", reply.error());
              });
}

void RedisPubsub::missed(const Stream& stream, std::string_view what, const Error& error) {
  // The link already logs a missing connection.
  const bool is_told = error.code() == Code::kUnavailable;
  log_.write(is_told ? Level::kDebug : Level::kError, what,
             {{"topic", stream.topic}, {"reason", error.message()}});
}

}  // namespace ofn::localdapr
