// `pubsub.redis`: topics are streams of Redis, which a consumer group reads.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/while_alive.h"
#include "localdapr/pubsub.h"
#include "localdapr/redis/redis_link.h"
#include "localdapr/redis/redis_settings.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// An entry is acknowledged when the app has processed it. Otherwise it stays pending. At each
// redeliver interval, entries that have been pending for the processing timeout are claimed again,
// whichever consumer had them; this includes the entries of a sidecar that was killed. Other
// entries do not wait for them.
// Differs from daprd: if an entry waits for the app, or is with it, for longer than the processing
// timeout, this sidecar does not deliver it a second time.
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
  // Claims the pending entries from this id on.
  void reclaim(const StreamPointer& stream, std::string from);
  void claim(const StreamPointer& stream, std::string id);
  void take(const StreamPointer& stream, RedisReply entry);
  // Not from inside the caller, because many messages would become a deep stack.
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
  WhileAlive while_alive_;
  std::unique_ptr<RedisLink> link_;  // for commands that do not block
};

}  // namespace ofn::localdapr
