#include "localdapr/missing_components.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::localdapr {
namespace {

TEST(MissingComponents, AreToldByName) {
  struct Case {
    FunctionContext context;
    std::vector<std::string> words;  // words of each error
  };
  const auto component = [](const char* name, const char* type, const char* file) {
    Component made;
    made.name = name;
    made.type = type;
    made.file = file;
    return made;
  };
  const std::vector<Component> components = {component("files", "bindings.localstorage", "a.yaml"),
                                             component("bus", "Pubsub.in-memory", "b.yaml"),
                                             component("store", "state.in-memory", "c.yaml")};
  const auto binding = [](const char* by) {
    FunctionContext context;
    context.outputs = {{.name = "archive", .component = by}};
    return context;
  };
  const auto topic = [](const char* by) {
    FunctionContext context;
    context.outputs = {
        {.name = "news", .component = by, .kind = ComponentKind::kPubsub, .topic = "t"}};
    return context;
  };
  const auto trigger = [](const char* by, Runtime runtime) {
    FunctionContext context;
    context.runtime = runtime;
    context.triggers = {{.name = "tick", .component = by}};
    return context;
  };
  const auto state = [](const char* by, const char* type) {
    FunctionContext context;
    context.states = {{.name = "db", .component = by, .component_type = type}};
    return context;
  };
  const std::vector<Case> cases = {
      {{}, {}},
      {binding("files"), {}},
      {topic("bus"), {}},
      {binding("flies"),
       {R"(output "archive" needs a component 'flies' of a type bindings.*, and no file in ./here has it for this app )"
        R"((components there: files, bus, store); did you mean 'files'?)"}},
      {binding("bus"),
       {"needs a component 'bus' of a type bindings.*, and the one in b.yaml is of type "
        "Pubsub.in-memory"}},
      {topic("files"), {"output \"news\" needs a component 'files' of a type pubsub.*"}},
      {trigger("cron", Runtime::kAsync), {"input \"tick\" needs a component 'cron'"}},
      {trigger("cron", Runtime::kKnative), {}},
      {state("store", "state.in-memory"), {}},
      {state("store", ""), {}},
      {state("shop", ""), {"state \"db\" needs a component 'shop' of a type state.*"}},
  };
  for (const Case& one : cases) {
    const auto errors = missing_components(one.context, components, "./here");
    ASSERT_EQ(errors.size(), one.words.size());
    for (std::size_t i = 0; i < errors.size(); ++i) {
      EXPECT_THAT(errors[i].text(), ::testing::HasSubstr(one.words[i]));
    }
  }
  FunctionContext all = binding("x");
  all.states = {{.name = "db", .component = "y", .component_type = ""}};
  EXPECT_EQ(missing_components(all, {}, "f").size(), 2U);
  EXPECT_THAT(missing_components(all, {}, "f")[0].text(),
              ::testing::HasSubstr("(components there: none)"));
}

}  // namespace
}  // namespace ofn::localdapr
