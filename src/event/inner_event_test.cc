#include "event/inner_event.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "event/json_format.h"

namespace ofn {
namespace {

TEST(InnerEvent, IsWrittenAsTheFamilyWritesIt) {
  EXPECT_EQ(wrap_inner_event({.id = "i1", .space = "shop", .function = "pay"}, "hi",
                             {{"sw8", "1-a"}, {"sw8-correlation", ""}}),
            R"({"specversion":"1.0","id":"i1","source":"shop/pay",)"
            R"("type":"io.openfunction.function.shop.pay","datacontenttype":"application/json",)"
            R"("data":{"metadata":{"sw8":"1-a","sw8-correlation":""},"userData":"aGk="}})");
}

TEST(InnerEvent, HasNoNamespaceOutsideAPod) {
  const auto event =
      event::parse_json_event(wrap_inner_event({.id = "i1", .function = "pay"}, "", {}));
  ASSERT_TRUE(event.has_value()) << event.error().message();
  EXPECT_EQ(event->source(), "pay");
  EXPECT_EQ(event->type(), "io.openfunction.function.pay");
}

TEST(InnerEvent, ReturnsWhatWasWrapped) {
  for (const std::string& data :
       {std::string(), std::string("\0\xff\"{}", 5), std::string(100'000, 'x')}) {
    const std::string wrapped =
        wrap_inner_event({.id = "1", .function = "f"}, data, {{"a", "\"\n"}});
    EXPECT_TRUE(is_utf8(wrapped));
    const auto inner = unwrap_inner_event(wrapped);
    ASSERT_TRUE(inner.has_value());
    EXPECT_EQ(inner->data, data);
    ASSERT_EQ(inner->metadata.size(), 1U);
    EXPECT_EQ(inner->metadata[0].value, "\"\n");
  }
}

}  // namespace
}  // namespace ofn
