#include "localdapr/catalogue.h"

#include <fstream>
#include <iterator>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::localdapr {
namespace {

// Returns the types in the rows "| `bindings.cron` | v1 | …" of the page's table.
std::set<std::string> documented_types() {
  std::ifstream page(OFN_LOCAL_SIDECAR_PAGE);
  std::set<std::string> types;
  for (std::string line; std::getline(page, line);) {
    const std::size_t end = line.find("` | v1 |");
    if (line.starts_with("| `") && end != std::string::npos) types.insert(line.substr(3, end - 3));
  }
  return types;
}

TEST(Catalogue, IsWhatThePageSays) {
  std::set<std::string> types;
  for (const ComponentType* type : catalogue()) types.emplace(type->name);
  EXPECT_EQ(types.size(), catalogue().size()) << "a name occurs twice";
  EXPECT_EQ(documented_types(), types);
}

TEST(Catalogue, EveryPropertyIsOnThePage) {
  std::ifstream stream(OFN_LOCAL_SIDECAR_PAGE);
  const std::string page{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  for (const ComponentType* type : catalogue()) {
    for (const std::span<const Property> properties : type->properties) {
      for (const Property& property : properties) {
        EXPECT_TRUE(page.contains("`" + std::string(property.name) + "`"))
            << type->name << " " << property.name;
      }
    }
  }
}

TEST(Catalogue, NamesAreFoundInAnyCase) {
  for (const ComponentType* type : catalogue()) {
    EXPECT_EQ(find_type(type->name), type);
    EXPECT_NE(type->make, nullptr) << type->name;
  }
  EXPECT_EQ(find_type("Bindings.CRON"), find_type("bindings.cron"));
  EXPECT_EQ(find_type("bindings.kafka"), nullptr);
  EXPECT_THAT(names_of_types(), ::testing::StartsWith("bindings.cron, bindings.http, "));
}

}  // namespace
}  // namespace ofn::localdapr
