#include "otlp/request.h"

#include <cstddef>

#include "otlp/protobuf_writer.h"

namespace ofn::otlp {
namespace {

constexpr std::uint32_t kResourceItems = 1;  // of the request
constexpr std::uint32_t kResource = 1;       // of ResourceSpans
constexpr std::uint32_t kScopeItems = 2;
constexpr std::uint32_t kScope = 1;  // of ScopeSpans
constexpr std::uint32_t kScopeName = 1;
constexpr std::uint32_t kScopeVersion = 2;
constexpr std::uint32_t kSchemaUrl = 3;  // of both
constexpr std::size_t kHeads = 32;  // what the tags and sizes of the outer messages need at most

}  // namespace

std::string make_request(const RequestHead& head, std::string_view items) {
  std::string before;  // the items, in their ScopeSpans
  ProtobufWriter scope(before);
  scope.message(kScope, [&] {
    scope.bytes(kScopeName, head.scope);
    if (!head.scope_version.empty()) scope.bytes(kScopeVersion, head.scope_version);
  });
  std::string after;
  if (!head.schema_url.empty()) ProtobufWriter(after).bytes(kSchemaUrl, head.schema_url);
  const std::size_t scope_size = before.size() + items.size() + after.size();

  std::string resource;
  ProtobufWriter outer(resource);
  outer.bytes(kResource, head.resource);
  outer.message_head(kScopeItems, scope_size);
  const std::size_t size = resource.size() + scope_size + after.size();

  std::string request;
  request.reserve(size + kHeads);
  ProtobufWriter(request).message_head(kResourceItems, size);
  request += resource;
  request += before;
  request += items;
  request += after;
  request += after;
  return request;
}

}  // namespace ofn::otlp
