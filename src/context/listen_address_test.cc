#include "context/listen_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "context/settings.h"

namespace ofn {
namespace {

TEST(ListenAddress, Notations) {
  struct Case {
    std::string_view text;
    std::optional<ListenAddress> address;
  };
  const Case cases[] = {
      {"127.0.0.1:8080", {{"127.0.0.1", 8080}}},
      {"[::]:8080", {{"::", 8080}}},
      {"[::1]:0", {{"::1", 0}}},
      {"localhost:65535", {{"localhost", 65535}}},
      {":8080", {{"", 8080}}},
      {"", {}},
      {"8080", {}},
      {"127.0.0.1", {}},
      {"127.0.0.1:", {}},
      {"127.0.0.1:65536", {}},
      {"127.0.0.1:-1", {}},
      {"::1:8080", {}},
      {"[]:8080", {}},
      {"[::1:8080", {}},
      {"http://127.0.0.1:8080", {}},
      {"tcp://10.0.0.1:80", {}},
      {"a b:80", {}},
  };
  for (const Case& each : cases)
    EXPECT_EQ(parse_listen_address(each.text), each.address) << each.text;
}

// What decides host and port, and what the log says of it.
TEST(ListenAddress, ComesBehindFlagsHostAndPort) {
  struct Case {
    std::string_view name;
    EnvironmentMap env;
    std::string_view host_flag;
    std::string_view port_flag;
    std::string_view host;
    std::string_view host_from;
    std::uint16_t port;
    std::string_view port_from;
    std::string_view note;  // part of the only note; empty: there is none
  };
  const std::string_view all = "0.0.0.0", none = "", by_default = "the default";
  for (const Case& c : std::initializer_list<Case>{
           {"alone",
            {{"LISTEN_ADDRESS", "[::]:9000"}},
            none,
            none,
            "::",
            "LISTEN_ADDRESS",
            9000,
            "LISTEN_ADDRESS",
            none},
           {"a port only",
            {{"LISTEN_ADDRESS", ":9000"}},
            none,
            none,
            all,
            by_default,
            9000,
            "LISTEN_ADDRESS",
            none},
           {"empty",
            {{"LISTEN_ADDRESS", ""}},
            none,
            none,
            all,
            by_default,
            7000,
            "the context's port",
            none},
           {"Knative's port",
            {{"LISTEN_ADDRESS", "[::]:8080"}, {"PORT", "9000"}},
            none,
            none,
            "::",
            "LISTEN_ADDRESS",
            9000,
            "PORT",
            "LISTEN_ADDRESS names port 8080, which PORT overrides"},
           {"the same port",
            {{"LISTEN_ADDRESS", "[::]:8080"}, {"PORT", "8080"}},
            none,
            none,
            "::",
            "LISTEN_ADDRESS",
            8080,
            "PORT",
            none},
           {"a host",
            {{"LISTEN_ADDRESS", "[::]:9000"}, {"HOST", "127.0.0.1"}},
            none,
            none,
            "127.0.0.1",
            "HOST",
            9000,
            "LISTEN_ADDRESS",
            none},
           {"another tool's host",
            {{"LISTEN_ADDRESS", "[::]:9000"}, {"HOST", "x86:conda"}},
            none,
            none,
            "::",
            "LISTEN_ADDRESS",
            9000,
            "LISTEN_ADDRESS",
            "HOST is \"x86:conda\""},
           {"flags",
            {{"LISTEN_ADDRESS", "[::]:9000"}},
            "10.0.0.1",
            "9001",
            "10.0.0.1",
            "--host",
            9001,
            "--port",
            "which --port overrides"},
           {"debug",
            {{"LISTEN_ADDRESS", "[::]:9000"}, {"DEBUG", "1"}},
            none,
            none,
            "::",
            "LISTEN_ADDRESS",
            9000,
            "LISTEN_ADDRESS",
            none},
       }) {
    SCOPED_TRACE(c.name);
    Flags flags;
    if (!c.host_flag.empty()) flags[Flag::kHost] = std::string(c.host_flag);
    if (!c.port_flag.empty()) flags[Flag::kPort] = std::string(c.port_flag);
    FunctionContext context;
    context.port = 7000;
    std::vector<Note> notes;
    const auto settings = resolve_settings(flags, environment_of(c.env), context, notes);
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->host.value, c.host);
    EXPECT_EQ(settings->host.origin.name, c.host_from);
    EXPECT_EQ(settings->port.value, c.port);
    EXPECT_EQ(settings->port.origin.name, c.port_from);
    ASSERT_EQ(notes.size(), c.note.empty() ? 0U : 1U);
    for (const Note& note : notes) EXPECT_THAT(note.text, testing::HasSubstr(std::string(c.note)));
  }
}

TEST(ListenAddress, AWrongOneIsAProblem) {
  std::vector<Note> notes;
  const auto settings =
      resolve_settings({}, environment_of({{"LISTEN_ADDRESS", "8080"}}), {}, notes);
  ASSERT_FALSE(settings);
  ASSERT_EQ(settings.error().size(), 1U);
  EXPECT_EQ(settings.error()[0].text(),
            "LISTEN_ADDRESS: expected an address and a port, such as [::]:8080, 127.0.0.1:8080 or "
            ":8080, found \"8080\"");
}

}  // namespace
}  // namespace ofn
