#include "skywalking/open_calls.h"

#include <cstring>

namespace ofn::skywalking {
namespace {

std::uint64_t key_of(const SpanId& id) {
  std::uint64_t key = 0;
  static_assert(sizeof key == sizeof id);
  std::memcpy(&key, id.data(), sizeof key);
  return key;
}

}  // namespace

OpenCall& OpenCalls::begin(const SpanContext& own) {
  auto& call = calls_[key_of(own.span_id)];
  call = std::make_unique<OpenCall>();
  return *call;
}

OpenCall* OpenCalls::find(const SpanId& id) {
  const auto found = calls_.find(key_of(id));
  return found == calls_.end() ? nullptr : found->second.get();
}

OpenCall* OpenCalls::find(std::string_view traceparent) {
  const auto own = SpanContext::parse(traceparent);
  return own ? find(own->span_id) : nullptr;
}

void OpenCalls::end(const SpanId& id) { calls_.erase(key_of(id)); }

}  // namespace ofn::skywalking
