#include "dev/delivered_envelope.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "document/json.h"
#include "document/node.h"

namespace ofn::dev {
namespace {

TEST(DeliveredEnvelope, CarriesTheDataAsItIs) {
  struct Case {
    std::string_view name, type, data, has;
  };
  const std::vector<Case> cases = {
      {"JSON", "", R"({"n":1.10})", R"("data":{"n":1.10})"},
      {"text", "", "hello", R"("data":"hello")"},
      {"JSON that is said to be text", "text/plain", "1", R"("data":"1")"},
      {"bytes", "", "\xff", R"("data_base64":"/w==")"},
      {"an event", "application/cloudevents+json", R"({"id":"7","type":"t","data":1})",
       R"("id":"7")"},
      {"its topic", "", "1", R"("topic":"orders")"},
      {"its pubsub", "", "1", R"("pubsubname":"bus")"},
  };
  Random random;
  for (const Case& each : cases) {
    const auto event = envelope_of({.pubsub = "bus",
                                    .topic = "orders",
                                    .content_type = std::string(each.type),
                                    .data = std::string(each.data)},
                                   random, {});
    ASSERT_TRUE(event) << each.name;
    EXPECT_THAT(*event, ::testing::HasSubstr(each.has)) << each.name;
    const auto node = document::json_value(*event);
    ASSERT_TRUE(node) << *event;
    for (const std::string_view attribute : {"specversion", "id", "source", "type"})
      EXPECT_FALSE(node->find_text(attribute).empty()) << each.name << ' ' << attribute;
  }
  EXPECT_FALSE(envelope_of({.content_type = "application/json", .data = "{"}, random, {}));
  EXPECT_FALSE(
      envelope_of({.content_type = "application/cloudevents+json", .data = "1"}, random, {}));
}

}  // namespace
}  // namespace ofn::dev
