// `bindings.redis`: `create` sets a key, `get` reads it, `delete` and `increment` do what they say.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "localdapr/output_binding.h"
#include "localdapr/redis/redis_link.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Metadata: `key`; `ttlInSeconds` of what is created or incremented; `delete` = "true" has `get` take the
// value away.
// Differs from daprd: a command is sent once, so that an increment is never counted twice, and a Redis that
//   is away at the start is waited for.
// Spec: https://docs.dapr.io/reference/components-reference/supported-bindings/redis/
class RedisBinding final : public OutputBinding {
 public:
  RedisBinding(std::unique_ptr<RedisLink> link, Loop& loop) : loop_(loop), link_(std::move(link)) {}

  std::span<const std::string_view> operations() const override;
  void invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) override;

 private:
  Loop& loop_;
  std::unique_ptr<RedisLink> link_;
};

}  // namespace ofn::localdapr
