#include "plugin/hooks.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/recording_log.h"

namespace {

std::string trail;  // NOLINT: what the hooks below have done, in order

struct First : ofn::Plugin {
  First() { trail += "+"; }
  ~First() override { trail += "-"; }
  void pre(ofn::Context&, ofn::CallData& data) override {
    trail += "first.pre(" + std::string(data.bytes()) + ") ";
    data.replace(std::string(data.bytes()) + "1");
    seen = "pre";
  }
  void post(ofn::Context&, ofn::CallResult& result) override {
    trail += "first.post(" + std::string(result.status()) + " after " + seen + ") ";
    result.data(std::string(result.data()) + "1");
  }
  std::string seen = "nothing";
};

struct Second : ofn::Plugin {
  void pre(ofn::Context& context, ofn::CallData& data) override {
    trail += "second.pre(" + std::string(data.bytes()) + " after " +
             context.plugin<First>("first")->seen + ") ";
    EXPECT_EQ(context.plugin<Second>("first"), nullptr);
    EXPECT_EQ(context.plugin<First>("nobody"), nullptr);
  }
};

struct Bad : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData&) override { throw std::runtime_error("pre is bad"); }
  void post(ofn::Context&, ofn::CallResult&) override { throw 42; }
};

struct Unmade : ofn::Plugin {
  Unmade() { throw std::runtime_error("cannot be made"); }
};

}  // namespace

OFN_PLUGIN(First, "first", "1.0")
OFN_PLUGIN(Second, "second", "2.0")
OFN_PLUGIN(Bad, "bad", "3.0")
OFN_REQUIRED_PLUGIN(Bad, "bad and required", "3.1")
OFN_PLUGIN(Unmade, "unmade", "4.0");

namespace ofn {
namespace {

using ::testing::HasSubstr;

std::vector<PluginType> own_plugins() {
  abi::Program program;
  ofn_program(&program);
  std::vector<PluginType> known;
  EXPECT_TRUE(add_plugins(program, known));
  return known;
}

struct Case {
  std::vector<std::string> pre, post;
  std::string trail, data, result, failed;
};

TEST(Hooks, RunInTheOrderOfTheContext) {
  const std::vector<Case> cases = {
      {{}, {}, "", "in", "out", ""},
      {{"first", "second"},
       {"second", "first"},
       "+first.pre(in) second.pre(in1 after pre) first.post(success after pre) -",
       "in1",
       "out1",
       ""},
      {{"second", "first"}, {}, "+second.pre(in after nothing) first.pre(in) -", "in1", "out", ""},
      {{}, {"first"}, "+first.post(success after nothing) -", "in", "out1", ""},
      // A plugin that fails is skipped.
      {{"bad", "first"},
       {"bad", "first"},
       "+first.pre(in) first.post(success after pre) -",
       "in1",
       "out1",
       ""},
      {{"unmade", "first"}, {"unmade"}, "+first.pre(in) -", "in1", "out", ""},
      // A required plugin that fails ends the pre-hooks, but never the post-hooks.
      {{"bad and required", "first"},
       {"bad and required", "first"},
       "+first.post(success after nothing) -",
       "in",
       "out1",
       "bad and required"},
      {{}, {"bad and required"}, "", "in", "out", "bad and required"},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.trail);
    testing::RecordingLog log;
    FunctionContext declared;
    declared.pre_hooks = one.pre;
    declared.post_hooks = one.post;
    const Hooks hooks = *Hooks::of(declared, own_plugins(), {}, log);
    EXPECT_EQ(hooks.empty(), one.pre.empty() && one.post.empty());
    EXPECT_EQ(log.text(), "");
    trail.clear();
    CallData data("in");
    Response response("out");
    CallResult result("success", "", &response, nullptr);
    {
      const CallIds ids{.request = "id"};
      HookRun run(hooks, log, ids);
      const abi::ContextTable table{};
      const abi::ContextFacts facts{.plugins = run.plugins()};
      Context context(table, nullptr, facts);
      run.pre(context, data);
      run.post(context, result);
      const auto end = run.take_end();
      EXPECT_EQ(end ? end->plugin : "", one.failed);
    }
    EXPECT_EQ(trail, one.trail);
    EXPECT_EQ(data.bytes(), one.data);
    EXPECT_EQ(response.body(), one.result);
  }
}

TEST(Hooks, AFailureIsLogged) {
  testing::RecordingLog log;
  FunctionContext declared;
  declared.pre_hooks = {"bad"};
  declared.post_hooks = {"bad", "unmade"};
  const Hooks hooks = *Hooks::of(declared, own_plugins(), {}, log);
  const CallIds ids{.request = "id"};
  HookRun run(hooks, log, ids);
  const abi::ContextTable table{};
  const abi::ContextFacts facts{};
  Context context(table, nullptr, facts);
  CallData data("");
  run.pre(context, data);
  CallResult result("success", "", nullptr, nullptr);
  run.post(context, result);
  EXPECT_EQ(
      log.text(),
      "error: hook failed request_id=id hook=unmade version=4.0 kind=constructor "
      "exception=std::runtime_error error=cannot be made\n"
      "error: hook failed request_id=id hook=bad version=3.0 kind=pre "
      "exception=std::runtime_error error=pre is bad\n"
      "error: hook failed request_id=id hook=bad version=3.0 kind=post exception=int error=\n");
  std::string counts;
  for (const Hooks::Failures& each : hooks.failures())
    counts += std::string(each.plugin) + "=" + std::to_string(each.count) + " ";
  EXPECT_EQ(counts, "bad=2 unmade=1 ");
}

TEST(Hooks, AnUnknownNameIsAnErrorUnlessItIsOptional) {
  struct Named {
    std::vector<std::string> pre, post, optional;
    std::vector<std::vector<std::string>> errors;  // words of each error
    std::vector<std::string> warnings;             // the hooks
  };
  const std::vector<Named> cases = {
      {{"frist"}, {}, {}, {{"pre-hook 'frist'", "did you mean 'first'?", "second 2.0"}}, {}},
      {{}, {"auth"}, {}, {{"post-hook 'auth', which no program registers (registered: "}}, {}},
      // All missing hooks are reported. A name in both lists is reported once, and registered names
      // are ignored.
      {{"first", "x1", "x2"},
       {"x1", "x3", "first"},
       {},
       {{"'x1'", "--optional-hooks x1"}, {"'x2'"}, {"'x3'"}},
       {}},
      {{"first", "x1"}, {"x1", "x2"}, {"x1", "x2"}, {}, {"x1", "x2"}},
      {{"x1", "x2"}, {}, {"x1"}, {{"'x2'"}}, {"x1"}},
      {{"x1"}, {"x2"}, {"*"}, {}, {"x1", "x2"}},
      {{"x1"}, {}, {"x", "x11", "X1"}, {{"'x1'"}}, {}},
      // The platform's contexts name its tracing as a hook.
      {{"skywalking"}, {"opentelemetry"}, {}, {}, {"skywalking", "opentelemetry"}},
      {{"Skywalking"}, {}, {}, {{"'Skywalking'"}}, {}},
  };
  for (const Named& one : cases) {
    SCOPED_TRACE(::testing::PrintToString(one.pre) + ::testing::PrintToString(one.post));
    testing::RecordingLog log;
    FunctionContext declared;
    declared.pre_hooks = one.pre;
    declared.post_hooks = one.post;
    const auto hooks = Hooks::of(declared, own_plugins(), one.optional, log);
    EXPECT_EQ(hooks.has_value(), one.errors.empty());
    const auto errors = hooks ? std::vector<Error>() : hooks.error();
    ASSERT_EQ(errors.size(), one.errors.size());
    for (std::size_t i = 0; i < errors.size(); ++i) {
      for (const std::string& words : one.errors[i])
        EXPECT_THAT(errors[i].message(), HasSubstr(words));
    }
    for (const std::string& hook : one.warnings) {
      EXPECT_THAT(log.text(), HasSubstr(" hook=" + hook + " "));
    }
    EXPECT_EQ(std::ranges::count(log.text(), '\n'),
              static_cast<std::ptrdiff_t>(one.warnings.size()));
  }
}

TEST(Hooks, WhatNoProgramRegistersIsSaidAlsoWhenThereIsNone) {
  testing::RecordingLog log;
  FunctionContext declared;
  declared.pre_hooks = {"auth"};
  const auto hooks = Hooks::of(declared, {}, {}, log);
  ASSERT_FALSE(hooks);
  EXPECT_THAT(hooks.error().front().message(), HasSubstr("(registered: none)"));
}

TEST(Hooks, AnOwnPluginMayHaveTheNameOfThePlatformsTracing) {
  testing::RecordingLog log;
  auto known = own_plugins();
  known.front().name = "skywalking";
  FunctionContext declared;
  declared.pre_hooks = {"skywalking"};
  const auto hooks = Hooks::of(declared, known, {}, log);
  ASSERT_TRUE(hooks);
  EXPECT_FALSE(hooks->empty());
  EXPECT_EQ(log.text(), "");
}

TEST(Hooks, TwoOfOneNameAreAnError) {
  std::vector<PluginType> known = own_plugins();
  abi::Program program;
  ofn_program(&program);
  const auto again = add_plugins(program, known);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message(), HasSubstr("two plugins are registered by the name"));
  EXPECT_THAT(again.error().message(), HasSubstr("hooks_test.cc:"));
}

}  // namespace
}  // namespace ofn
