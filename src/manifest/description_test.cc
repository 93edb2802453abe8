#include "manifest/description.h"

#include <chrono>

#include <gtest/gtest.h>

namespace ofn::manifest {
namespace {

using namespace std::chrono_literals;

Description function_with(Duration delay, Duration drain, Duration timeout, bool dapr) {
  Description function{
      .name = "greeter", .timeout = timeout, .drain_delay = delay, .drain_timeout = drain};
  if (dapr) function.context.outputs.push_back({.name = "a", .component = "a"});
  return function;
}

struct StoppingCase {
  const char* name;
  Place place;
  Duration delay, drain, timeout;
  bool dapr;
  Stopping expected;
};

// docs/operations.md has the formula.
TEST(Stopping, FollowsTheFormula) {
  const StoppingCase cases[] = {
      {"the defaults", Place::kPod, 5s, 30s, 300s, false, {5, 30, 36, 5, 40}},
      {"beside Dapr", Place::kPod, 5s, 30s, 300s, true, {5, 30, 36, 5, 45}},
      {"parts of seconds are rounded up",
       Place::kPod,
       1500ms,
       100ms,
       300s,
       false,
       {2, 1, 4, 5, 10}},
      {"compose", Place::kCompose, 0s, 10s, 300s, true, {0, 10, 11, 5, 20}},
      {"Knative has no delay", Place::kKnative, 5s, 30s, 300s, true, {0, 30, 61, 5, 300}},
      {"the drain fits into Knative's grace",
       Place::kKnative,
       5s,
       30s,
       20s,
       true,
       {0, 16, 12, 5, 20}},
      {"a very short timeout", Place::kKnative, 5s, 30s, 500ms, true, {0, 0, 1, 5, 1}},
  };
  for (const StoppingCase& each : cases) {
    SCOPED_TRACE(each.name);
    const Stopping found =
        stopping_of(function_with(each.delay, each.drain, each.timeout, each.dapr), each.place);
    EXPECT_EQ(found.delay, each.expected.delay);
    EXPECT_EQ(found.drain, each.expected.drain);
    EXPECT_EQ(found.block_shutdown, each.expected.block_shutdown);
    EXPECT_EQ(found.graceful, each.expected.graceful);
    EXPECT_EQ(found.grace, each.expected.grace);
  }
}

TEST(Stopping, ADelayThatIsGivenCountsInKnative) {
  Description function = function_with(7s, 30s, 300s, false);
  function.drain_delay_given = true;
  EXPECT_EQ(stopping_of(function, Place::kKnative).delay, 7);
}

TEST(Notations, AreThoseOfFlagsAndKubernetes) {
  EXPECT_EQ(duration_text(300s), "300s");
  EXPECT_EQ(duration_text(1500ms), "1500ms");
  EXPECT_EQ(size_text(std::size_t{10} << 20), "10MiB");
  EXPECT_EQ(size_text(1000), "1000");
  EXPECT_EQ(mebibytes(std::size_t{10} << 20), "10Mi");
  EXPECT_EQ(mebibytes((std::size_t{10} << 20) + 1), "11Mi");
}

TEST(Names, OfNamespacesHostsAndImagesAreChecked) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  for (const char* name : {"shop", "7", "a-b", "0-day"}) EXPECT_TRUE(is_namespace(name)) << name;
  for (const char* name : {"", "Bad Space", "Shop", "-a", "a-", "a.b"})
    EXPECT_FALSE(is_namespace(name)) << name;
  EXPECT_FALSE(is_namespace(std::string(64, 'a')));
  for (const char* host : {"greeter", "greeter.example", "*.example", "1.example"})
    EXPECT_TRUE(is_host(host)) << host;
  for (const char* host :
       {"", "*", "*.", "a..b", "greeter.example:80", "http://greeter", "Greeter.example", "a b"})
    EXPECT_FALSE(is_host(host)) << host;
  for (const std::string& image :
       {std::string("greeter"), std::string("greeter:1"), std::string("me/greeter"),
        std::string("registry.example/me/greeter:v1.2_X-3"), std::string("localhost:5000/greeter"),
        std::string("Registry.example:5000/greeter:1"), "greeter" + digest,
        "registry.example/greeter:1" + digest})
    EXPECT_TRUE(is_image(image)) << image;
  for (const std::string& image :
       {std::string(), std::string("Greeter"), std::string("a b"), std::string("greeter:"),
        std::string("greeter:-1"), std::string("/greeter"), std::string("me//greeter"),
        std::string("registry.example:/greeter"), std::string("registry.example:x/greeter"),
        std::string("https://registry.example/greeter"), std::string("greeter@sha256:1"),
        "greeter@md5:" + std::string(64, 'a'), "@" + digest,
        std::string("registry.example/Greeter")})
    EXPECT_FALSE(is_image(image)) << image;
}

TEST(Names, BecomeDnsLabels) {
  EXPECT_EQ(dns_label("app::Hello"), "app-hello");
  EXPECT_EQ(dns_label("__x_"), "x");
  EXPECT_EQ(dns_label(std::string(80, 'a')), std::string(63, 'a'));
  EXPECT_EQ(dns_label("::"), "");
  EXPECT_TRUE(is_dns_label("a-1"));
  for (const auto wrong : {"", "1a", "a-", "A", "a.b", "a_b"})
    EXPECT_FALSE(is_dns_label(wrong)) << wrong;
  EXPECT_FALSE(is_dns_label(std::string(64, 'a')));
}

}  // namespace
}  // namespace ofn::manifest
