#include "context/sidecar_choice.h"

#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "context/environment.h"
#include "context/settings.h"

namespace ofn {
namespace {

TEST(LocalSidecar, Plan) {
  FunctionContext with_outputs;
  with_outputs.outputs.emplace_back();
  FunctionContext with_triggers;
  with_triggers.triggers.emplace_back();
  FunctionContext with_states;
  with_states.states.emplace_back();
  struct Case {
    const FunctionContext& context;
    std::string mode;
    EnvironmentMap env;
    LocalSidecarAction expected;
  };
  const FunctionContext none;
  using enum LocalSidecarAction;
  for (const Case& c : std::initializer_list<Case>{
           {none, "auto", {}, kNone},
           {with_outputs, "auto", {}, kProbe},
           {with_triggers, "auto", {}, kProbe},
           {with_states, "auto", {}, kProbe},
           {with_outputs, "auto", {{"DAPR_HOST", "x"}}, kNone},
           {with_outputs, "auto", {{"DAPR_SIDECAR_IP", "x"}}, kNone},
           {with_outputs, "auto", {{"DAPR_GRPC_PORT", "50001"}}, kNone},
           {with_outputs, "auto", {{"DAPR_GRPC_ENDPOINT", "x:1"}}, kNone},
           {with_outputs, "auto", {{"KUBERNETES_SERVICE_HOST", "10.0.0.1"}}, kNone},
           {with_outputs, "auto", {{"K_SERVICE", "f"}}, kNone},
           {with_outputs, "auto", {{"POD_NAME", "f-1"}}, kNone},
           {with_outputs, "off", {}, kNone},
           {none, "on", {}, kStart},
           {with_outputs, "on", {{"DAPR_HOST", "x"}, {"POD_NAME", "f-1"}}, kStart},
       }) {
    Flags flags;
    flags[Flag::kLocalSidecar] = c.mode;
    std::vector<Note> notes;
    const auto settings = resolve_settings(flags, environment_of(c.env), c.context, notes);
    ASSERT_TRUE(settings) << c.mode;
    const LocalSidecarPlan plan = plan_local_sidecar(c.context, *settings);
    EXPECT_EQ(plan.action, c.expected) << c.mode << plan.reason;
    EXPECT_FALSE(plan.reason.empty());
  }
}

}  // namespace
}  // namespace ofn
