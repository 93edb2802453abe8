#include "context/settings.h"

#include <chrono>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

Flags flags_of(std::initializer_list<std::pair<Flag, std::string>> given) {
  Flags flags;
  for (const auto& [flag, text] : given) flags[flag] = text;
  return flags;
}

Settings resolved(const Flags& flags = {}, EnvironmentMap env = {},
                  const FunctionContext& context = {}) {
  std::vector<Note> notes;
  auto settings = resolve_settings(flags, environment_of(std::move(env)), context, notes);
  if (!settings) {
    for (const Problem& problem : settings.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  return *settings;
}

std::vector<std::string> problems_of(const Flags& flags, EnvironmentMap env = {},
                                     const FunctionContext& context = {}) {
  std::vector<Note> notes;
  const auto settings = resolve_settings(flags, environment_of(std::move(env)), context, notes);
  std::vector<std::string> texts;
  if (!settings) {
    for (const Problem& problem : settings.error()) texts.push_back(problem.text());
  }
  return texts;
}

// The family's seven flags, each set by the flag, by the variable, by both, and by neither.
TEST(Settings, SevenFlagMatrix) {
  struct Case {
    Flag flag;
    std::string variable;
    std::string by_flag;
    std::string by_variable;
    std::function<std::string(const Settings&)> show;
    std::string shown_flag;
    std::string shown_variable;
    std::string shown_default;
  };
  const auto signature = [](const Settings& s) {
    const auto& value = s.signature_type.value;
    return value ? std::to_string(static_cast<int>(*value)) : std::string("deduced");
  };
  for (const Case& c : std::initializer_list<Case>{
           {Flag::kTarget, "FUNCTION_TARGET", "app::a", "b",
            [](const Settings& s) { return s.target.value; }, "app::a", "b", "function"},
           {Flag::kSource, "FUNCTION_SOURCE", "a.cc", "b.so",
            [](const Settings& s) { return s.source.value; }, "a.cc", "b.so", "./main.cc"},
           {Flag::kSignatureType, "FUNCTION_SIGNATURE_TYPE", "cloudevent", "HTTP", signature, "2",
            "1", "deduced"},
           {Flag::kHost, "HOST", "::", "10.0.0.1", [](const Settings& s) { return s.host.value; },
            "::", "10.0.0.1", "0.0.0.0"},
           {Flag::kPort, "PORT", "0", "9090",
            [](const Settings& s) { return std::to_string(s.port.value); }, "0", "9090", "8080"},
           {Flag::kDebug, "DEBUG", "true", "0",
            [](const Settings& s) { return std::string(s.debug ? "on" : "off"); }, "on", "off",
            "off"},
           {Flag::kDryRun, "DRY_RUN", "true", "no",
            [](const Settings& s) { return std::string(s.dry_run ? "on" : "off"); }, "on", "off",
            "off"},
           {Flag::kPrintOpenapi, "OFN_PRINT_OPENAPI", "true", "no",
            [](const Settings& s) { return std::string(s.print_openapi ? "on" : "off"); }, "on",
            "off", "off"},
           {Flag::kOpenapi, "OFN_OPENAPI", "/a", "/b", [](const Settings& s) { return s.openapi; },
            "/a", "/b", ""},
           {Flag::kPrintSchema, "OFN_PRINT_SCHEMA", "true", "no",
            [](const Settings& s) { return std::string(s.print_schema ? "on" : "off"); }, "on",
            "off", "off"},
       }) {
    const Flags flags = flags_of({{c.flag, c.by_flag}});
    const EnvironmentMap env = {{c.variable, c.by_variable}};
    EXPECT_EQ(c.show(resolved(flags)), c.shown_flag) << c.variable << ": flag";
    EXPECT_EQ(c.show(resolved({}, env)), c.shown_variable) << c.variable << ": variable";
    EXPECT_EQ(c.show(resolved(flags, env)), c.shown_flag) << c.variable << ": both";
    EXPECT_EQ(c.show(resolved()), c.shown_default) << c.variable << ": neither";
    EXPECT_EQ(c.show(resolved({}, {{c.variable, ""}})), c.shown_default) << c.variable << ": empty";
  }
}

TEST(Settings, BuilderVariablesAreTheLowestAliases) {
  const EnvironmentMap aliases = {
      {"FUNC_NAME", "low"}, {"FUNC_SRC", "low.cc"}, {"FUNC_TYPE", "openfunction"}};
  Settings settings = resolved({}, aliases);
  EXPECT_EQ(settings.target.value, "low");
  EXPECT_EQ(settings.target.origin, (Origin{Origin::Kind::kVariable, "FUNC_NAME"}));
  EXPECT_EQ(settings.source.value, "low.cc");
  EXPECT_EQ(settings.signature_type.value, abi::Signature::kOpenFunction);

  EnvironmentMap both = aliases;
  both.insert({{"FUNCTION_TARGET", "high"},
               {"FUNCTION_SOURCE", "high.cc"},
               {"FUNCTION_SIGNATURE_TYPE", "typed"}});
  settings = resolved({}, both);
  EXPECT_EQ(settings.target.value, "high");
  EXPECT_EQ(settings.source.value, "high.cc");
  EXPECT_EQ(settings.signature_type.value, abi::Signature::kTyped);
  EXPECT_EQ(settings.signature_type.origin.name, "FUNCTION_SIGNATURE_TYPE");
}

TEST(Settings, PortComesFromFlagVariableContextDefault) {
  FunctionContext context;
  context.port = 7000;
  const Flags flags = flags_of({{Flag::kPort, "7002"}});
  EXPECT_EQ(resolved(flags, {{"PORT", "7001"}}, context).port.value, 7002);
  EXPECT_EQ(resolved({}, {{"PORT", "7001"}}, context).port.value, 7001);
  EXPECT_EQ(resolved({}, {}, context).port.value, 7000);
  EXPECT_EQ(resolved({}, {}, context).port.origin.kind, Origin::Kind::kContext);
  EXPECT_EQ(resolved().port.value, 8080);
}

TEST(Settings, InheritedDescriptorsAreNumbersAboveTheStandardStreams) {
  const Settings none = resolved();
  EXPECT_FALSE(none.listen_fd.value);
  EXPECT_FALSE(none.ready_fd);
  const Settings given = resolved(flags_of({{Flag::kListenFd, "3"}}),
                                  {{"OFN_READY_FD", "2147483647"}, {"PORT", "80"}});
  EXPECT_EQ(given.listen_fd.value, 3);
  EXPECT_EQ(given.listen_fd.origin.name, "--listen-fd");
  EXPECT_EQ(given.ready_fd, 2147483647);
  for (const std::string text : {"", "2", "-1", "3x", "2147483648", "99999999999999999999"}) {
    EXPECT_THAT(
        problems_of(flags_of({{Flag::kListenFd, text}, {Flag::kReadyFd, text}})),
        ElementsAre("--listen-fd: expected a descriptor's number, from 3 on (0, 1 and 2 are the "
                    "standard streams), found \"" +
                        text + "\"",
                    "--ready-fd: expected a descriptor's number, from 3 on (0, 1 and 2 are the "
                    "standard streams), found \"" +
                        text + "\""));
  }
  EXPECT_THAT(
      problems_of(flags_of({{Flag::kHost, "::1"}, {Flag::kPort, "80"}}), {{"OFN_LISTEN_FD", "5"}}),
      ElementsAre("--host: expected no address beside OFN_LISTEN_FD, found \"::1\"",
                  "--port: expected no address beside OFN_LISTEN_FD, found \"80\""));
}

// Variables with common names, with the values that other tools and platforms give them.
TEST(Settings, ValuesOfOtherTools) {
  struct Case {
    EnvironmentMap env;
    std::string problem;  // the beginning of the one problem; empty: none
    std::string warning;  // part of the one warning; empty: none
  };
  for (const Case& c : std::initializer_list<Case>{
           {{{"HOST", "x86_64:conda"}},
            "",
            "HOST is \"x86_64:conda\", which is not an address of this machine"},
           {{{"HOST", "http://0.0.0.0"}}, "", "HOST is "},
           {{{"HOST", "tcp://10.0.0.1:80"}}, "", "--host names an address"},
           {{{"HOST", "my host"}}, "", "HOST is "},
           {{{"HOST", "[::1]"}}, "", ""},
           {{{"PORT", "tcp://10.0.0.1:8080"}},
            "PORT: expected a number from 0 to 65535, found \"tcp://10.0.0.1:8080\" (this is how "
            "Kubernetes",
            ""},
           {{{"OFN_QUEUE", "udp://10.0.0.1:53"}}, "OFN_QUEUE: expected ", ""},
           {{{"DAPR_GRPC_PORT", "tcp://10.0.0.1:50001"}},
            "",
            "no sidecar is needed, but DAPR_GRPC_PORT"},
           {{{"DEBUG", "express:*"}}, "", ""},
           {{{"DRY_RUN", "client"}}, "DRY_RUN: expected true or false, found \"client\"", ""},
           {{{"TARGET", "x"},
             {"SOURCE", "y"},
             {"NAME", "z"},
             {"CXXFLAGS", "-x"},
             {"OFN_PORT", "tcp://1:1"}},
            "",
            ""},
       }) {
    std::vector<Note> notes;
    const auto settings = resolve_settings({}, environment_of(c.env), {}, notes);
    SCOPED_TRACE(c.env.begin()->second);
    EXPECT_EQ(settings.has_value(), c.problem.empty());
    if (!settings) {
      ASSERT_EQ(settings.error().size(), 1U);
      EXPECT_THAT(settings.error()[0].text(), testing::StartsWith(c.problem));
    } else if (c.env.begin()->first == "HOST" && !c.warning.empty()) {
      EXPECT_EQ(settings->host.value, "0.0.0.0");
      EXPECT_TRUE(settings->host.origin.is_default());
    }
    std::erase_if(notes, [](const Note& note) { return note.level < Level::kWarning; });
    ASSERT_EQ(notes.size(), c.warning.empty() ? 0U : 1U);
    for (const Note& note : notes) EXPECT_THAT(note.text, testing::HasSubstr(c.warning));
  }
}

TEST(Settings, OptionalHooks) {
  EXPECT_THAT(resolved().optional_hooks, testing::IsEmpty());
  EXPECT_THAT(resolved({}, {{"OFN_OPTIONAL_HOOKS", "a,b"}}).optional_hooks, ElementsAre("a", "b"));
  EXPECT_THAT(resolved(flags_of({{Flag::kOptionalHooks, "*"}})).optional_hooks, ElementsAre("*"));
  EXPECT_THAT(
      problems_of(flags_of({{Flag::kOptionalHooks, "a,,b"}})),
      ElementsAre(
          "--optional-hooks: expected names of hooks, separated by commas, found \"a,,b\""));
}

TEST(Settings, DebugVariableMayBeALogFilter) {
  struct Case {
    std::string value;
    bool debug;
    std::string filter;
  };
  for (const Case& c : std::initializer_list<Case>{{"true", true, ""},
                                                   {"1", true, ""},
                                                   {"YES", true, ""},
                                                   {"on", true, ""},
                                                   {"false", false, ""},
                                                   {"", false, ""},
                                                   {"common:*,ofn:*", false, "common:*,ofn:*"},
                                                   {"*", false, "*"}}) {
    const Settings settings = resolved({}, {{"DEBUG", c.value}});
    EXPECT_EQ(settings.debug, c.debug) << c.value;
    EXPECT_EQ(settings.log_filter, c.filter) << c.value;
  }
  // The flag has precedence, and must be a boolean.
  EXPECT_TRUE(resolved(flags_of({{Flag::kDebug, "true"}}), {{"DEBUG", "ofn:*"}}).debug);
  EXPECT_THAT(problems_of(flags_of({{Flag::kDebug, "ofn:*"}})),
              ElementsAre(R"(--debug: expected true or false, found "ofn:*")"));
}

TEST(Settings, HostInDebugIsLoopbackOutsideAPod) {
  const Flags debug = flags_of({{Flag::kDebug, "true"}});
  EXPECT_EQ(resolved(debug).host.value, "127.0.0.1");
  EXPECT_EQ(resolved(debug, {{"HOST", "0.0.0.0"}}).host.value, "0.0.0.0");
  for (const auto variable : {"KUBERNETES_SERVICE_HOST", "K_SERVICE", "POD_NAME"}) {
    const Settings settings = resolved(debug, {{variable, "x"}});
    EXPECT_TRUE(settings.in_pod) << variable;
    EXPECT_EQ(settings.host.value, "0.0.0.0") << variable;
    EXPECT_FALSE(resolved(debug, {{variable, ""}}).in_pod) << variable;
  }
}

TEST(Settings, OnlyAServiceOutsideKubernetesMayBeStoppedAtRest) {
  EXPECT_FALSE(resolved({}).may_be_stopped_at_rest);
  EXPECT_TRUE(resolved({}, {{"K_SERVICE", "s"}}).may_be_stopped_at_rest);
  EXPECT_FALSE(
      resolved({}, {{"K_SERVICE", "s"}, {"KUBERNETES_SERVICE_HOST", "x"}}).may_be_stopped_at_rest);
  EXPECT_FALSE(resolved({}, {{"KUBERNETES_SERVICE_HOST", "x"}}).may_be_stopped_at_rest);
}

TEST(Settings, ThereIsADrainDelayInAPodThatIsNotKnatives) {
  const Flags none;
  EXPECT_EQ(resolved(none).drain_delay, Duration::zero());
  EXPECT_EQ(resolved(none, {{"KUBERNETES_SERVICE_HOST", "x"}}).drain_delay, seconds(5));
  EXPECT_EQ(resolved(none, {{"POD_NAME", "x"}}).drain_delay, seconds(5));
  EXPECT_EQ(resolved(none, {{"KUBERNETES_SERVICE_HOST", "x"}, {"K_SERVICE", "s"}}).drain_delay,
            Duration::zero())
      << "Knative drains before the signal";
  EXPECT_EQ(
      resolved(none, {{"KUBERNETES_SERVICE_HOST", "x"}, {"OFN_DRAIN_DELAY", "0"}}).drain_delay,
      Duration::zero());
  EXPECT_EQ(resolved(flags_of({{Flag::kDrainDelay, "2s"}}), {{"K_SERVICE", "s"}}).drain_delay,
            seconds(2));
  EXPECT_THAT(problems_of(flags_of({{Flag::kDrainDelay, "soon"}})),
              ElementsAre(::testing::HasSubstr("--drain-delay")));
}

TEST(Settings, Url) {
  EXPECT_EQ(resolved().url(), "http://0.0.0.0:8080/");
  const Settings settings = resolved(flags_of({{Flag::kHost, "[::]"}, {Flag::kPort, "0"}}));
  EXPECT_EQ(settings.host.value, "::");
  EXPECT_EQ(settings.url(4321), "http://[::]:4321/");
}

TEST(Settings, Defaults) {
  const Settings s = resolved();
  EXPECT_EQ(s.concurrency, 1024U);
  EXPECT_EQ(s.queue, 1024U);
  EXPECT_EQ(s.threads, 0U);
  EXPECT_EQ(s.timeout, seconds(300));
  EXPECT_EQ(s.drain_timeout, seconds(30));
  EXPECT_EQ(s.max_body_size, 10U * 1024 * 1024);
  EXPECT_EQ(s.max_header_bytes, 64U * 1024);
  EXPECT_EQ(s.max_header_fields, 100U);
  EXPECT_EQ(s.head_timeout, seconds(10));
  EXPECT_EQ(s.body_timeout, seconds(10));
  EXPECT_EQ(s.idle_timeout, seconds(75));
  EXPECT_EQ(s.slow_reader_timeout, seconds(30));
  EXPECT_EQ(s.sidecar_timeout, seconds(5));
  EXPECT_EQ(s.components, "./components");
  EXPECT_EQ(s.local_sidecar, LocalSidecarMode::kAuto);
  EXPECT_EQ(s.dapr_invocation, InvocationMode::kAuto);
  EXPECT_EQ(s.app_protocol, AppProtocol::kGrpc);
  EXPECT_EQ(s.sidecar, SidecarAddress());
  EXPECT_TRUE(s.retry_codes.empty());
  EXPECT_FALSE(s.trace_flush.value);
  EXPECT_TRUE(s.cxxflags.empty());
  EXPECT_TRUE(s.target.origin.is_default());
  EXPECT_FALSE(s.in_pod);
}

TEST(Settings, EveryOtherVariable) {
  const Settings s = resolved({}, {{"OFN_CONCURRENCY", "8"},
                                   {"OFN_THREADS", "2"},
                                   {"OFN_TIMEOUT", "5m"},
                                   {"OFN_DRAIN_TIMEOUT", "0"},
                                   {"OFN_MAX_BODY_SIZE", "1MB"},
                                   {"OFN_MAX_HEADER_BYTES", "8KiB"},
                                   {"OFN_MAX_HEADER_FIELDS", "50"},
                                   {"OFN_HEAD_TIMEOUT", "500ms"},
                                   {"OFN_BODY_TIMEOUT", "1"},
                                   {"OFN_IDLE_TIMEOUT", "2s"},
                                   {"OFN_SLOW_READER_TIMEOUT", "3s"},
                                   {"OFN_SIDECAR_TIMEOUT", "4s"},
                                   {"OFN_RETRY_CODES", "UNAVAILABLE,aborted"},
                                   {"OFN_TRACE_FLUSH", "response:200ms"},
                                   {"OFN_LOCAL_SIDECAR", "off"},
                                   {"OFN_DAPR_INVOCATION", "On"},
                                   {"OFN_COMPONENTS", "/c"},
                                   {"OFN_CXXFLAGS", "-O2 -DX"},
                                   {"DAPR_API_TOKEN", "t1"},
                                   {"APP_API_TOKEN", "t2"},
                                   {"APP_PROTOCOL", "http"},
                                   {"POD_NAME", "p"},
                                   {"POD_NAMESPACE", "n"},
                                   {"DAPR_HOST", "proxy"}});
  EXPECT_EQ(s.concurrency, 8U);
  EXPECT_EQ(s.queue, 8U) << "the queue follows the concurrency";
  EXPECT_EQ(s.threads, 2U);
  EXPECT_EQ(s.timeout, seconds(300));
  EXPECT_EQ(s.drain_timeout, Duration::zero());
  EXPECT_EQ(s.max_body_size, 1'000'000U);
  EXPECT_EQ(s.max_header_bytes, 8192U);
  EXPECT_EQ(s.max_header_fields, 50U);
  EXPECT_EQ(s.head_timeout, milliseconds(500));
  EXPECT_EQ(s.body_timeout, seconds(1));
  EXPECT_EQ(s.idle_timeout, seconds(2));
  EXPECT_EQ(s.slow_reader_timeout, seconds(3));
  EXPECT_EQ(s.sidecar_timeout, seconds(4));
  EXPECT_THAT(s.retry_codes, ElementsAre(Code::kUnavailable, Code::kAborted));
  EXPECT_EQ(s.trace_flush.value, milliseconds(200));
  EXPECT_EQ(s.local_sidecar, LocalSidecarMode::kOff);
  EXPECT_EQ(s.dapr_invocation, InvocationMode::kOn);
  EXPECT_EQ(s.components, "/c");
  EXPECT_EQ(s.cxxflags, "-O2 -DX");
  EXPECT_EQ(s.dapr_api_token, "t1");
  EXPECT_EQ(s.app_api_token, "t2");
  EXPECT_EQ(s.app_protocol, AppProtocol::kHttp);
  EXPECT_EQ(s.pod_name, "p");
  EXPECT_EQ(s.pod_namespace, "n");
  EXPECT_EQ(s.sidecar.text(), "proxy:50001");
  EXPECT_EQ(resolved(flags_of({{Flag::kQueue, "0"}})).queue, 0U);
  EXPECT_EQ(resolved(flags_of({{Flag::kCxxflags, ""}}), {{"OFN_CXXFLAGS", "-O2"}}).cxxflags, "");
  EXPECT_EQ(resolved({}, {{"CLOUD_RUN_TIMEOUT_SECONDS", "60"}}).timeout, seconds(60));
  EXPECT_EQ(resolved({}, {{"CLOUD_RUN_TIMEOUT_SECONDS", "60"}, {"OFN_TIMEOUT", "5s"}}).timeout,
            seconds(5));
}

TEST(Settings, AllProblemsAtOnce) {
  EXPECT_THAT(
      problems_of(flags_of({{Flag::kPort, "http"}, {Flag::kTarget, ""}, {Flag::kQueue, "-1"}}),
                  {{"FUNCTION_SIGNATURE_TYPE", "grpc"},
                   {"OFN_TIMEOUT", "0"},
                   {"OFN_MAX_BODY_SIZE", "ten"},
                   {"OFN_CONCURRENCY", "0"},
                   {"OFN_RETRY_CODES", "RESOURCE_EXHAUSTED"},
                   {"OFN_LOCAL_SIDECAR", "maybe"},
                   {"DRY_RUN", "perhaps"},
                   {"PORT", "8080"}}),
      ElementsAre(
          R"(DRY_RUN: expected true or false, found "perhaps")",
          R"(--target: expected a text that is not empty, found "")",
          R"(FUNCTION_SIGNATURE_TYPE: expected http, cloudevent, event, openfunction or typed, found "grpc")",
          R"(--port: expected a number from 0 to 65535, found "http")",
          R"(OFN_CONCURRENCY: expected a number from 1 to 1000000, found "0")",
          R"(--queue: expected a number from 0 to 1000000, found "-1")",
          R"(OFN_TIMEOUT: expected a duration such as 30, 30s, 500ms, 5m or 1h, found "0")",
          R"(OFN_MAX_BODY_SIZE: expected a size such as 10485760, 64KiB, 10MiB or 1MB, found "ten")",
          R"(OFN_RETRY_CODES: expected gRPC codes such as UNAVAILABLE,ABORTED (not RESOURCE_EXHAUSTED: too large stays too large), found "RESOURCE_EXHAUSTED")",
          R"(OFN_LOCAL_SIDECAR: expected auto, on or off, found "maybe")"));
}

TEST(Settings, AWrongWordGetsTheMostSimilarOne) {
  EXPECT_THAT(
      problems_of(flags_of({{Flag::kLogFormat, "jsno"}}),
                  {{"OFN_LOG_LEVEL", "wraning"},
                   {"FUNCTION_SIGNATURE_TYPE", "openfuntion"},
                   {"OFN_ACCESS_LOG", "error"}}),
      ElementsAre(
          R"(--log-format: expected json, readable, ecs or gcp, found "jsno"; did you mean json?)",
          ::testing::EndsWith(R"(found "wraning"; did you mean warning?)"),
          ::testing::EndsWith(R"(found "error"; did you mean errors?)"),
          ::testing::EndsWith(R"(found "openfuntion"; did you mean openfunction?)")));
}

TEST(Settings, AnAnswerWaitsForItsSpansForAShortTimeOnly) {
  const auto flush = [](const char* text) {
    return resolved(flags_of({{Flag::kTraceFlush, text}})).trace_flush.value;
  };
  EXPECT_EQ(flush("batch"), std::nullopt);
  EXPECT_EQ(flush("response:1ms"), milliseconds(1));
  EXPECT_EQ(flush("response:1s"), seconds(1));
  for (const char* text : {"response", "response:", "response:0", "response:2s", "never", ""})
    EXPECT_EQ(problems_of(flags_of({{Flag::kTraceFlush, text}}), {}).size(), 1U) << text;
}

TEST(Settings, ABadSidecarAddressMattersOnlyToWhoNeedsOne) {
  const EnvironmentMap env = {{"DAPR_GRPC_ENDPOINT", "https://sidecar"}};
  EXPECT_TRUE(problems_of({}, env).empty());
  std::vector<Note> notes;
  ASSERT_TRUE(resolve_settings({}, environment_of(env), {}, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].level, Level::kWarning);

  FunctionContext context;
  context.outputs.emplace_back();
  EXPECT_EQ(problems_of({}, env, context).size(), 1U);
}

TEST(Settings, UnknownAppProtocolIsAWarning) {
  std::vector<Note> notes;
  const auto settings =
      resolve_settings({}, environment_of({{"APP_PROTOCOL", "carrier"}}), {}, notes);
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->app_protocol, AppProtocol::kGrpc);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_EQ(notes[0].level, Level::kWarning);
}

}  // namespace
}  // namespace ofn
