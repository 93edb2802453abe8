#include "document/reader.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"
#include "document/yaml.h"

namespace ofn::document {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class ReaderTest : public ::testing::Test {
 protected:
  Reader json(std::string_view text) {
    root_ = parse_json(text)->root;
    return {root_, "$", report_};
  }
  Reader yaml(std::string_view text) {
    root_ = parse_yaml(text)->front().root;
    report_.words = kYamlWords;
    return {root_, "", report_};
  }
  // "text (line)" of each problem.
  std::vector<std::string> problems() const {
    std::vector<std::string> texts;
    for (const Problem& problem : problems_) {
      texts.push_back(problem.text() + " (" + std::to_string(problem.line) + ")");
    }
    return texts;
  }

  Node root_;
  std::vector<Problem> problems_;
  std::vector<Note> notes_;
  Report report_{.source = "F", .problems = problems_, .notes = notes_};
};

TEST_F(ReaderTest, ForgivesWhatWritersVary) {
  Reader object = json(R"({"number":1.10,"yes":true,"text":"t","null":null,
    "map":{"a":1,"b":null},"list":["x","",null,2]})");
  EXPECT_EQ(object.text("number"), "1.10");
  EXPECT_EQ(object.text("yes"), "true");
  EXPECT_EQ(object.text("text"), "t");
  EXPECT_EQ(object.text("null"), "");
  EXPECT_EQ(object.text("absent"), "");
  EXPECT_THAT(object.texts("map"), ElementsAre(Pair("a", "1")));
  EXPECT_THAT(object.list("list"), ElementsAre("x", "2"));
  EXPECT_FALSE(object.object("absent"));
  EXPECT_TRUE(object.ok());
  EXPECT_THAT(problems(), ElementsAre());
}

TEST_F(ReaderTest, SaysWhatIsWrongAndWhereInJson) {
  Reader object = json("{\"a\":\n[1],\"b c\":{\"d\":[\n{}]},\"secret\":{\"k\":[]},\"o\":\"text\"}");
  EXPECT_EQ(object.text("a"), "");
  Reader nested = *object.object("b c");
  EXPECT_THAT(nested.list("d"), ElementsAre());
  EXPECT_TRUE(object.texts("secret").empty());
  EXPECT_EQ(object.object("o")->text("x"), "") << "read as an empty object";
  EXPECT_EQ(object.required_text("missing", "a name"), "");
  EXPECT_FALSE(object.ok());
  EXPECT_THAT(problems(), ElementsAre("F $.a: expected a string, found an array (1)",
                                      "F $[\"b c\"].d[0]: expected a string, found an object (3)",
                                      "F $.secret.k: expected a string, found an array (3)",
                                      "F $.o: expected an object, found a string (3)",
                                      "F $.missing: expected a name, found nothing (1)"));
}

TEST_F(ReaderTest, SaysWhatIsWrongAndWhereInYaml) {
  Reader object = yaml("name: [a]\nspec:\n  type:\nother: 1\n");
  EXPECT_EQ(object.text("name"), "");
  std::optional<Reader> spec = object.required_object("spec");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->required_text("type", "a type"), "");
  EXPECT_FALSE(object.required_object("metadata"));
  object.note_unknown();
  EXPECT_THAT(problems(), ElementsAre("F name: expected a text, found a list (1)",
                                      "F spec.type: expected a type, found nothing (3)",
                                      "F metadata: expected a mapping, found nothing (1)"));
  EXPECT_THAT(notes_, ElementsAre(Note{Level::kDebug, "F other: unknown member, ignored"}));
}

TEST_F(ReaderTest, WalksNestedObjects) {
  Reader object = json(R"({"map":{"a":{"x":1},"b":null},"list":[null,{"x":2},3]})");
  std::vector<std::string> seen;
  const auto see = [&](const std::string& key, Reader each) {
    seen.push_back(each.path() + "=" + key + each.text("x"));
  };
  object.each("map", Node::Kind::kObject, see);
  object.each("list", Node::Kind::kList, see);
  object.each("list", Node::Kind::kObject, see);
  EXPECT_THAT(seen, ElementsAre("$.map.a=a1", "$.list[1]=2", "$.list[2]="));
  EXPECT_THAT(problems(), ElementsAre("F $.list[2]: expected an object, found a number (1)",
                                      "F $.list: expected an object, found an array (1)"));
}

}  // namespace
}  // namespace ofn::document
