// `pubsub.redis`: topics are streams of Redis, read by a consumer group.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "localdapr/pubsub.h"
#include "localdapr/redis/redis_link.h"
#include "localdapr/redis/redis_settings.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// An entry is acknowledged when the app has processed it. One that was not is left pending: it is claimed
// again, from whoever had it, when it has been so for the processing timeout, looked for every redeliver
// interval; so is what was under way when a sidecar was killed. Other entries do not wait for it.
// Differs from daprd: an entry that waits for the app, or is with it, for longer than the processing timeout
//   is not delivered a second time by this sidecar.
// Spec: https://docs.dapr.io/reference/components-reference/supported-pubsub/setup-redis-pubsub/
class RedisPubsub final : public Pubsub {
 public:
  RedisPubsub(RedisSettings settings, MakeRedisLink make_link, Loop& loop, Log& log);
  RedisPubsub(const RedisPubsub&) = delete;
  RedisPubsub& operator=(const RedisPubsub&) = delete;
  ~RedisPubsub() override;

  void publish(BusMessage message, dapr::PublishDone done) override;
  void subscribe(const std::string& topic, OnMessage on_message) override;
  void unsubscribe(const std::string& topic) override;
  Repeats repeats() const override { return Repeats::kApart; }

 private:
  struct Stream;
  using StreamPointer = std::shared_ptr<Stream>;
  struct Waiting {
    StreamPointer stream;
    std::string id;
    BusMessage message;
  };

  void join_group(const StreamPointer& stream);
  void read(const StreamPointer& stream);
  // Those pending from this id on.
  void reclaim(const StreamPointer& stream, std::string from);
  void claim(const StreamPointer& stream, std::string id);
  void take(const StreamPointer& stream, RedisReply entry);
  // Not from inside what called: many messages must not become a deep stack.
  void deliver_soon();
  void deliver();
  void acknowledge(const StreamPointer& stream, std::string id);
  void missed(const Stream& stream, std::string_view what, const Error& error);

  const RedisSettings settings_;
  const MakeRedisLink make_link_;
  Loop& loop_;
  Log& log_;
  std::map<std::string, StreamPointer, std::less<>> streams_;
  std::deque<Waiting> waiting_;
  std::size_t under_way_ = 0;
  bool delivers_soon_ = false;
  std::shared_ptr<RedisPubsub*> alive_ = std::make_shared<RedisPubsub*>(this);
  std::unique_ptr<RedisLink> link_;  // for all that does not block
};

}  // namespace ofn::localdapr
