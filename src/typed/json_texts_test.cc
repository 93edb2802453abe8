// to_json() and from_json(): JSON of authors' types, outside of a call, too.
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/json.h>
#include <ofn/typed.h>

#include "typed/json_table.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

struct Order {
  std::string item;
};
OFN_FIELDS(Order, item)

class JsonTexts : public ::testing::Test {
 protected:
  JsonTexts() { internal::host_slot = &host_; }
  ~JsonTexts() override { internal::host_slot = nullptr; }

 private:
  abi::Host host_{.json = &json_table()};
};

TEST_F(JsonTexts, AreWrittenAndRead) {
  EXPECT_EQ(to_json(Order{"a"}), R"({"item":"a"})");
  EXPECT_EQ(from_json<std::vector<Order>>(R"([{"item":"b"}])").at(0).item, "b");
  EXPECT_EQ(to_json(std::string("\n")), R"("\n")");
  try {
    (void)from_json<Order>(R"({"item":1})");
    FAIL() << "it reads a number";
  } catch (const BadInput& error) {
    EXPECT_STREQ(error.what(), "$.item: expected a string, found the number 1");
  }
}

TEST_F(JsonTexts, WholeEvents) {
  const CloudEvent event =
      CloudEvent("1", "/source", "type").datacontenttype("application/json").data(R"({"a":1})");
  const std::string text = to_json(event);
  EXPECT_THAT(text, HasSubstr(R"("data":{"a":1})"));
  EXPECT_EQ(from_json<CloudEvent>(text), event);
  EXPECT_THROW((void)from_json<CloudEvent>("{}"), BadInput);
  EXPECT_THROW((void)to_json(CloudEvent()), std::runtime_error);
}

TEST(JsonTextsAlone, AreALogicErrorThatSaysWhatToDo) {
  try {
    (void)to_json(1);
    FAIL() << "there is no host";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("serve it with functions-framework, or call ofn::run"));
  }
}

}  // namespace
}  // namespace ofn
