#include "cli/sidecar_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::cli {
namespace {

using ::testing::HasSubstr;

// Returns the metadata of a daprd that meets all requirements.
dapr::SidecarInfo good() {
  return {.id = "app",
          .runtime_version = "1.16.0",
          .components = {{"clock", "bindings.cron", "v1", {"INPUT_BINDING"}},
                         {"queue", "bindings.mqtt3", "v1", {"INPUT_BINDING", "OUTPUT_BINDING"}},
                         {"events", "pubsub.redis", "v1", {}},
                         {"files", "bindings.localstorage", "v1", {"OUTPUT_BINDING"}}},
          .subscriptions = {{"events", "orders"}},
          .app = dapr::SidecarInfo::App{.port = 8080, .protocol = "grpc"}};
}

FunctionContext context() {
  FunctionContext made;
  made.triggers = {
      {.name = "tick", .component = "clock", .kind = ComponentKind::kBinding},
      {.name = "post", .component = "queue", .kind = ComponentKind::kBinding},
      {.name = "order", .component = "events", .kind = ComponentKind::kPubsub, .topic = "orders"}};
  made.outputs = {
      {.name = "file", .component = "files", .kind = ComponentKind::kBinding},
      {.name = "news", .component = "events", .kind = ComponentKind::kPubsub, .topic = "news"}};
  return made;
}

TEST(SidecarCheck, SaysWhatDoesNotFit) {
  struct Case {
    const char* name;
    std::function<void(dapr::SidecarInfo&, FunctionContext&, WantedOfSidecar&, StartOrder& order)>
        change;
    std::vector<std::string> findings;  // "what: part of the message"
  };
  for (const Case& c : {
           Case{"all is well", [](auto&, auto&, auto&, auto&) {}, {}},
           Case{"no topic subscribed",
                [](auto& info, auto&, auto&, auto&) { info.subscriptions.clear(); },
                {"input order, topic orders: has not subscribed"}},
           Case{"another topic",
                [](auto& info, auto&, auto&, auto&) { info.subscriptions[0].topic = "x"; },
                {"input order, topic orders: has not subscribed"}},
           Case{"no app",
                [](auto& info, auto&, auto&, auto&) { info.app->port = 0; },
                {"inputs: --app-port"}},
           Case{"says nothing of the app",
                [](auto& info, auto&, auto&, auto&) {
                  info.app.reset();
                  info.subscriptions.clear();
                },
                {}},
           Case{"another protocol",
                [](auto& info, auto&, auto&, auto&) { info.app->protocol = "http"; },
                {"inputs: APP_PROTOCOL=http"}},
           Case{"the other way",
                [](auto&, auto&, auto& wanted, auto&) { wanted.protocol = AppProtocol::kHttp; },
                {"inputs: --app-protocol http"}},
           Case{"the same protocol",
                [](auto& info, auto&, auto& wanted, auto&) {
                  wanted.protocol = AppProtocol::kHttp;
                  info.app->protocol = "https";
                },
                {}},
           Case{"came first, asked nothing",
                [](auto&, auto&, auto&, StartOrder& order) { order = StartOrder::kSidecarFirst; },
                {"input tick: direction", "input post: direction"}},
           Case{"came first, and asked",
                [](auto&, auto&, auto& wanted, StartOrder& order) {
                  order = StartOrder::kSidecarFirst;
                  wanted.heard_of_bindings = [] { return true; };
                },
                {}},
           Case{"came first, needs not ask",
                [](auto& info, auto& context, auto&, StartOrder& order) {
                  order = StartOrder::kSidecarFirst;
                  info.components[1].capabilities = {"INPUT_BINDING"};
                  context.triggers.erase(context.triggers.begin());
                },
                {}},
           Case{"an input that is an output",
                [](auto& info, auto&, auto&, auto&) {
                  info.components[1].capabilities = {"OUTPUT_BINDING"};
                },
                {"input post: not as an input"}},
           Case{"no components",
                [](auto& info, auto&, auto&, auto&) { info.components.clear(); },
                {"input tick: no such component", "input post: no such component",
                 "input order, topic orders: no such component", "output file: no such component",
                 "output news: no such component"}},
           Case{"outputs that are none",
                [](auto&, auto& context, auto&, auto&) {
                  context.outputs[0].component = "clock";
                  context.outputs[1].component = "files";
                },
                {"output file: not as an output", "output news: not as a topic component"}},
           Case{"elsewhere, inputs are not looked at",
                [](auto& info, auto&, auto& wanted, auto&) {
                  wanted.checks_inputs = false;
                  info.subscriptions.clear();
                  info.components.pop_back();
                },
                {"output file: no such component"}},
       }) {
    dapr::SidecarInfo info = good();
    FunctionContext wants = context();
    WantedOfSidecar wanted{.context = wants,
                           .protocol = AppProtocol::kGrpc,
                           .checks_inputs = true,
                           .heard_of_bindings = [] { return false; }};
    StartOrder order = StartOrder::kProgramFirst;
    c.change(info, wants, wanted, order);
    const auto findings = compare_with_sidecar(info, wanted, order);
    ASSERT_EQ(findings.size(), c.findings.size()) << c.name;
    for (std::size_t i = 0; i < findings.size(); ++i) {
      const std::size_t colon = c.findings[i].rfind(": ");
      EXPECT_EQ(findings[i].what, c.findings[i].substr(0, colon)) << c.name;
      EXPECT_THAT(findings[i].message, HasSubstr(c.findings[i].substr(colon + 2))) << c.name;
    }
  }
}

}  // namespace
}  // namespace ofn::cli
