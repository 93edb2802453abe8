#include "otlp/request.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "otlp/protobuf_writer.h"

namespace ofn::otlp {
namespace {

// The same message, written from the outside to the inside.
std::string expected_request(const RequestHead& head, std::string_view items) {
  std::string bytes;
  ProtobufWriter out(bytes);
  out.message(1, [&] {
    out.bytes(1, head.resource);
    out.message(2, [&] {
      out.message(1, [&] {
        out.bytes(1, head.scope);
        if (!head.scope_version.empty()) out.bytes(2, head.scope_version);
      });
      out.append(items.size(), [&](char* at) { return protobuf::put_bytes(at, items); });
      if (!head.schema_url.empty()) out.bytes(3, head.schema_url);
    });
    if (!head.schema_url.empty()) out.bytes(3, head.schema_url);
  });
  return bytes;
}

TEST(Request, HasTheItemsBetweenScopeAndSchema) {
  for (const std::size_t count : {0U, 1U, 10U, 1000U}) {
    std::string items;
    ProtobufWriter out(items);
    for (std::size_t i = 0; i < count; ++i) out.message(kItem, [&] { out.varint(1, i); });
    for (const RequestHead& head :
         {RequestHead{.resource = "r", .scope = "ofn", .scope_version = "1"},
          RequestHead{.resource = "", .scope = "s", .scope_version = "", .schema_url = ""}}) {
      const std::string request = make_request(head, items);
      EXPECT_EQ(request, expected_request(head, items)) << count;
      EXPECT_GE(request.capacity(), request.size());
    }
  }
}

}  // namespace
}  // namespace ofn::otlp
