// `bindings.redis`: `create` sets a key, `get` reads it; also `delete` and `increment`.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "localdapr/output_binding.h"
#include "localdapr/redis/redis_link.h"
#include "loop/loop.h"

namespace ofn::localdapr {

// Metadata: `key`; `ttlInSeconds` for `create` and `increment`; with `delete` = "true", `get` also
// deletes the value.
// Differs from daprd: a command is sent only once, so an increment is never counted twice; and if
// Redis is unreachable at the start, the binding waits for it.
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
