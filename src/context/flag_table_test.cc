#include "context/flag_table.h"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(FlagTable, IsWellFormed) {
  std::set<std::string_view> names;
  std::set<std::string_view> variables;
  std::size_t index = 0;
  auto group = FlagGroup::kFunction;
  for (const FlagSpec& spec : flag_table()) {
    EXPECT_EQ(static_cast<std::size_t>(spec.flag), index++) << spec.name;
    EXPECT_EQ(&flag_spec(spec.flag), &spec);
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    EXPECT_TRUE(variables.insert(spec.variable).second) << spec.variable;
    EXPECT_GE(spec.group, group) << "groups are contiguous: " << spec.name;
    group = spec.group;
    EXPECT_FALSE(spec.help.empty() || spec.help.ends_with('.')) << spec.name;
    EXPECT_FALSE(flag_group_title(spec.group).empty());
    // This framework's own variables are named after their flags; but OFN_CONTEXT would look like a
    // sister of FUNC_CONTEXT, which holds the document itself.
    if (spec.flag == Flag::kContext) {
      EXPECT_EQ(spec.variable, "OFN_CONTEXT_FILE");
    } else if (spec.variable.starts_with("OFN_")) {
      std::string expected = "OFN_";
      for (const char c : spec.name) {
        expected += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
      }
      EXPECT_EQ(spec.variable, expected);
    }
  }
  EXPECT_EQ(index, kFlagCount);
  for (const VariableSpec& spec : variable_table()) {
    EXPECT_TRUE(variables.insert(spec.name).second) << spec.name;
    EXPECT_FALSE(spec.help.empty() || spec.help.ends_with('.')) << spec.name;
  }
}

}  // namespace
}  // namespace ofn
