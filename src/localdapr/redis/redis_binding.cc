#include "localdapr/redis/redis_binding.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "localdapr/go/go_text.h"
#include "localdapr/go/number.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<std::string_view, 4> kOperations = {"create", "delete", "get", "increment"};
constexpr std::chrono::seconds kPatience(10);

std::optional<std::string> value_of(const dapr::BindingRequest& request, std::string_view name) {
  for (const Header& entry : request.metadata) {
    if (same_field_name(entry.name, name) && !entry.value.empty()) return entry.value;
  }
  return std::nullopt;
}

// Returns the time to live of a written value; nullopt means for ever. As in daprd, "0" ends it at
// once.
Result<std::optional<std::int64_t>> seconds_to_live(const dapr::BindingRequest& request) {
  auto text = value_of(request, "ttl");
  if (!text) text = value_of(request, "ttlInSeconds");
  if (!text) return std::nullopt;
  if (const auto seconds = number<std::int64_t>(*text)) {
    if (*seconds > 0 || *text == "0") return seconds;
    return fail(Code::kInternal, "ttl value must be higher than zero: actual is '" + *text + "'");
  }
  const bool is_past = text->starts_with('-');
  const auto duration = go_duration(is_past ? std::string_view(*text).substr(1) : *text);
  if (!duration) {
    return fail(Code::kInternal, "ttl value must be a valid integer: actual is '" + *text + "'");
  }
  return is_past ? 0 : std::chrono::floor<std::chrono::seconds>(*duration).count();
}

void answer(dapr::BindingDone& done, Result<RedisReply> reply) {
  if (!reply) return done(std::unexpected(std::move(reply.error())));
  done(SidecarReply{});
}

}  // namespace

std::span<const std::string_view> RedisBinding::operations() const { return kOperations; }

void RedisBinding::invoke(dapr::BindingRequest request, Deadline deadline, dapr::BindingDone done) {
  std::string key(metadata_value(request, "key"));
  if (key.empty()) {
    return done(fail(Code::kInternal, "redis binding: missing key in request metadata"));
  }
  deadline = earlier(deadline, Deadline::in(kPatience, loop_.clock()));
  if (request.operation == "get") {
    const bool takes = metadata_value(request, "delete") == "true";
    return link_->send({takes ? "GETDEL" : "GET", std::move(key)}, deadline,
                       [done = std::move(done)](Result<RedisReply> reply) mutable {
                         if (!reply) return done(std::unexpected(std::move(reply.error())));
                         SidecarReply value;
                         value.data = std::move(reply->text);
                         done(std::move(value));
                       });
  }
  if (request.operation == "delete") {
    return link_->send({"DEL", std::move(key)}, deadline,
                       [done = std::move(done)](Result<RedisReply> reply) mutable {
                         answer(done, std::move(reply));
                       });
  }
  std::vector<std::string> write = {"INCR", key};
  if (request.operation == "create") write = {"SET", key, std::move(request.data)};
  auto ttl = seconds_to_live(request);
  link_->send(std::move(write), deadline,
              [this, key = std::move(key), ttl = std::move(ttl), deadline,
               done = std::move(done)](Result<RedisReply> reply) mutable {
                if (!reply || (ttl && !*ttl)) return answer(done, std::move(reply));
                if (!ttl) return done(std::unexpected(std::move(ttl.error())));
                link_->send({"EXPIRE", std::move(key), std::to_string(**ttl)}, deadline,
                            [done = std::move(done)](Result<RedisReply> expires) mutable {
                              answer(done, std::move(expires));
                            });
              });
}

}  // namespace ofn::localdapr
