#include "function/registry.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using abi::Origin;
using abi::Registration;
using testing::ElementsAre;
using testing::HasSubstr;

void first(const abi::Call&, abi::Outcome&) {}
void second(const abi::Call&, abi::Outcome&) {}

Registration registration(const char* name, Origin origin, std::uint32_t line,
                          void (*invoke)(const abi::Call&, abi::Outcome&) = first) {
  return {.signature = Signature::kHttp,
          .origin = origin,
          .name = name,
          .invoke = invoke,
          .file = "hello.cc",
          .line = line};
}

Result<Registry> registry_of(const std::vector<Registration>& registrations) {
  std::vector<const Registration*> entries;
  for (const Registration& each : registrations) entries.push_back(&each);
  return Registry::of({.begin = entries.data(), .end = entries.data() + entries.size()});
}

TEST(Registry, KeepsTheOrderOfTheSource) {
  const auto registry = registry_of({registration("b", Origin::kAuthor, 9), Registration{},
                                     registration("app :: a", Origin::kAuthor, 3)});
  ASSERT_TRUE(registry);
  EXPECT_THAT(registry->names(), ElementsAre("app::a", "b"));
  ASSERT_NE(registry->find("::app::a"), nullptr);
  EXPECT_EQ(registry->find("app::a")->invoke, &first);
  EXPECT_EQ(registry->find("a"), nullptr);
}

TEST(Registry, TheDefaultServesOnlyAlone) {
  const Registration fallback = registration("function", Origin::kDefault, 0);
  EXPECT_THAT(registry_of({fallback})->names(), ElementsAre("function"));
  EXPECT_THAT(registry_of({fallback, registration("a", Origin::kAuthor, 1)})->names(),
              ElementsAre("a"));
  EXPECT_THAT(registry_of({})->names(), ElementsAre());
}

TEST(Registry, OneFunctionRegisteredTwiceIsOne) {
  const auto registry =
      registry_of({registration("a", Origin::kTarget, 0), registration("a", Origin::kAuthor, 7),
                   registration("a", Origin::kTarget, 0)});
  ASSERT_TRUE(registry);
  EXPECT_THAT(registry->names(), ElementsAre("a"));
}

TEST(Registry, AFunctionHasAllItsRoutes) {
  Registration get = registration("a", Origin::kAuthor, 7);
  get.route = "GET /a";
  Registration put = registration("a", Origin::kAuthor, 9);
  put.route = "PUT /a";
  const auto registry = registry_of({registration("a", Origin::kTarget, 0), put, get});
  ASSERT_TRUE(registry);
  ASSERT_EQ(registry->functions().size(), 1U);
  const auto& routes = registry->functions()[0].routes;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].text, "GET /a");
  EXPECT_EQ(routes[0].place, "hello.cc:7");
  EXPECT_EQ(routes[1].text, "PUT /a");
}

TEST(Registry, TwoFunctionsOfOneNameAreAnError) {
  const auto registry = registry_of({registration("a", Origin::kAuthor, 7, first),
                                     registration("a", Origin::kAuthor, 8, second)});
  ASSERT_FALSE(registry);
  EXPECT_EQ(registry.error().code(), Code::kAlreadyExists);
  EXPECT_THAT(registry.error().message(), HasSubstr("at hello.cc:7 and at hello.cc:8"));
}

}  // namespace
}  // namespace ofn
