#include "tracing/forwarded.h"

#include <string_view>

#include <gtest/gtest.h>

namespace ofn::tracing {
namespace {

TEST(Forwarded, TheFirstHostIsTheOneThatTheClientAskedFor) {
  struct Case {
    const char* name;
    std::string_view value;
    std::string_view host;
  };
  const Case cases[] = {
      {"nothing", "", ""},
      {"no host", "for=10.0.0.1;proto=https", ""},
      {"a host", "host=shop.test", "shop.test"},
      {"among others", "for=10.0.0.1; Host=shop.test ;proto=https", "shop.test"},
      {"quoted, with a port", R"(for="[::1]:80";host="shop.test:8443")", "shop.test:8443"},
      {"two proxies", "host=shop.test, host=inner.test", "shop.test"},
      {"of the second proxy", "for=a, for=b;host=shop.test", "shop.test"},
      {"separators in quotes", R"(for="a;host=b,host=c";host=shop.test)", "shop.test"},
      {"an escaped quote", R"(for="a\";host=b";host=shop.test)", "shop.test"},
      {"an escape in the host", R"(host="shop\.test")", ""},
      {"a quote without an end", R"(for="a;host=b)", ""},
      {"an escape at the end", R"(host="a\)", ""},
      {"no value", "host=", ""},
      {"no name", "=;,;host", ""},
  };
  for (const Case& c : cases) EXPECT_EQ(forwarded_host(c.value), c.host) << c.name;
}

TEST(Forwarded, AListHasTheClientsHostFirst) {
  EXPECT_EQ(first_host("shop.test"), "shop.test");
  EXPECT_EQ(first_host(" shop.test:80 ,inner.test"), "shop.test:80");
  EXPECT_EQ(first_host(""), "");
  EXPECT_EQ(first_host(" , inner.test"), "");
}

}  // namespace
}  // namespace ofn::tracing
