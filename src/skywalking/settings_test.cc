#include "skywalking/settings.h"

#include <string>

#include <gtest/gtest.h>

#include "skywalking/sw8.h"

namespace ofn::skywalking {
namespace {

FunctionContext with(std::string oap_server, std::string provider = "skywalking") {
  FunctionContext context;
  context.name = "pay";
  Tracing& section = context.tracing.emplace();
  section.enabled = true;
  section.provider = std::move(provider);
  section.oap_server = std::move(oap_server);
  section.tags = {{"team", "core"}};
  section.baggage = {{"key", "value"}};
  return context;
}

struct Read {
  std::optional<Settings> settings;
  std::string notes;
};
Read read(const FunctionContext& context, EnvironmentMap variables = {}) {
  std::vector<Note> notes;
  Read result{
      .settings = read_settings(
          environment_of(std::move(variables)), context,
          {.function_name = "app::pay", .instance_id = "id", .host_name = "host", .process_id = 7},
          notes),
      .notes = {}};
  for (const Note& note : notes) result.notes += note.text + "\n";
  return result;
}

TEST(Settings, SayWhereSegmentsGo) {
  struct Case {
    const char* given;
    const char* expected;
  };
  for (const Case& c : {Case{"oap:11800", "oap:11800"},
                        {"oap", "oap:11800"},
                        {" oap.ns.svc:12800 ", "oap.ns.svc:12800"},
                        {"http://oap:11800", "oap:11800"},
                        {"[::1]", "[::1]:11800"},
                        {"[::1]:9", "[::1]:9"}}) {
    const Read result = read(with(c.given));
    ASSERT_TRUE(result.settings.has_value()) << c.given << result.notes;
    EXPECT_EQ(result.settings->oap.text(), c.expected);
    EXPECT_EQ(result.notes, "");
  }
}

TEST(Settings, AWrongServerIsAWarning) {
  for (const char* given :
       {"", "oap:0", "oap:x", "https://oap:11800", "oap:1/path", "a b", "user:secret@oap:1"}) {
    const Read result = read(with(given));
    EXPECT_FALSE(result.settings.has_value()) << given;
    EXPECT_NE(result.notes.find("the context's tracing.provider.oapServer"), std::string::npos);
    EXPECT_NE(result.notes.find("expected host:port"), std::string::npos) << result.notes;
    EXPECT_EQ(result.notes.find("secret"), std::string::npos);
  }
}

TEST(Settings, YieldToTheVariables) {
  const Read result = read(with("oap:11800"), {{"SW_AGENT_COLLECTOR_BACKEND_SERVICES", "a:1,b:2"},
                                               {"SW_AGENT_NAME", "service"},
                                               {"SW_AGENT_INSTANCE_NAME", "one"},
                                               {"SW_AGENT_AUTHENTICATION", "token"}});
  ASSERT_TRUE(result.settings.has_value());
  EXPECT_EQ(result.settings->oap.text(), "a:1");
  EXPECT_EQ(result.settings->service, "service");
  EXPECT_EQ(result.settings->instance, "one");
  EXPECT_EQ(result.settings->authentication, "token");
  EXPECT_NE(result.notes.find("of several servers the first"), std::string::npos);
  const Read bad = read(with("oap"), {{"SW_AGENT_AUTHENTICATION", "a\nb"}});
  EXPECT_EQ(bad.settings->authentication, "");
  EXPECT_NE(bad.notes.find("SW_AGENT_AUTHENTICATION is ignored"), std::string::npos);
}

TEST(Settings, NameTheServiceAndTheInstance) {
  const Read pod = read(with("oap"), {{"POD_NAME", "pod-1"}, {"POD_NAMESPACE", "shop"}});
  EXPECT_EQ(pod.settings->service, "pay");
  EXPECT_EQ(pod.settings->instance, "pod-1");
  EXPECT_EQ(pod.settings->space, "shop");
  EXPECT_EQ(
      pod.settings->tags,
      (Metadata{{"func", "pay"}, {"instance", "pod-1"}, {"namespace", "shop"}, {"team", "core"}}));
  EXPECT_EQ(pod.settings->baggage, (Metadata{{"key", "value"}}));
  std::string properties;
  for (const Header& property : pod.settings->properties)
    properties += property.name + "=" + property.value + ";";
  EXPECT_EQ(properties,
            "Process No.=7;hostname=host;language=cpp;OS Name=linux;pod=pod-1;namespace=shop;");

  EXPECT_EQ(read(with("oap")).settings->instance, "id@host");
  FunctionContext own = with("oap");
  own.tracing->tags["instance"] = "tagged";
  own.name.clear();
  EXPECT_EQ(read(own, {{"POD_NAME", "pod-1"}}).settings->instance, "tagged");
  EXPECT_EQ(read(own).settings->service, "app::pay");
  EXPECT_EQ(read(with("oap"), {{"SW_AGENT_NAME", std::string(80, 'x')}}).settings->service.size(),
            kMaxService);
}

TEST(Settings, AreThoseOfThisProviderOnly) {
  FunctionContext off = with("oap");
  off.tracing->enabled = false;
  for (const FunctionContext& context : {off, with("oap", "opentelemetry"), FunctionContext()}) {
    EXPECT_FALSE(read(context).settings.has_value());
    EXPECT_EQ(read(context).notes, "");
  }
}

}  // namespace
}  // namespace ofn::skywalking
