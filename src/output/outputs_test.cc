#include "output/outputs.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_sidecar.h"
#include "testing/manual_clock.h"
#include "testing/recording_log.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using testing::FakeSidecar;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::settle;

Output binding(std::string name, Metadata metadata = {}) {
  return {.name = name,
          .alias = {},
          .component = "c-" + name,
          .kind = ComponentKind::kBinding,
          .component_type = "bindings.localstorage",
          .topic = {},
          .metadata = std::move(metadata)};
}

Output topic(std::string name, Metadata metadata = {}) {
  return {.name = name,
          .alias = {},
          .component = "c-" + name,
          .kind = ComponentKind::kPubsub,
          .component_type = "pubsub.in-memory",
          .topic = "t-" + name,
          .metadata = std::move(metadata)};
}

FunctionContext knative(std::vector<Output> outputs) {
  FunctionContext context;
  context.runtime = Runtime::kKnative;
  context.outputs = std::move(outputs);
  return context;
}

// Outputs with a fake sidecar, and the one delivery of a test.
struct Stage {
  explicit Stage(std::vector<Output> declared, OutputPolicy policy = {})
      : context(knative(std::move(declared))),
        outputs(context, sidecar, loop, log, std::move(policy)) {}

  void deliver(const Payload& what, Deadline deadline = {}) {
    payload = what;
    outputs.deliver({&payload, 1}, {.deadline = deadline, .request_id = "r1"},
                    [this](DeliveryReport done) {
                      EXPECT_FALSE(report.has_value()) << "reported twice";
                      report = std::move(done);
                    });
  }
  // Advances the time in small steps, as a loop would see it.
  void pass(Duration time) {
    for (Duration passed{}; passed < time; passed += 5ms) {
      settle(loop);
      clock.advance(5ms);
    }
    settle(loop);
  }

  testing::ManualClock clock;
  Loop loop{clock};
  testing::RecordingLog log;
  FakeSidecar sidecar{loop};
  FunctionContext context;
  Payload payload;
  Outputs outputs;
  std::optional<DeliveryReport> report;
};

Payload text(std::string_view data, std::string_view type = {}) {
  return {.data = data, .publication = publication_of(type, data)};
}

TEST(Outputs, EveryOutputIsAskedAtOnceAndAwaited) {
  Stage stage({binding("files", {{"fileName", "a"}}), topic("events", {{"ttl", "5"}})});
  stage.sidecar.hold();
  const std::string bytes("\0\xFF zero", 7);
  stage.deliver(text(bytes), Deadline(stage.clock.now() + 1min));
  settle(stage.loop);
  ASSERT_EQ(stage.sidecar.calls().size(), 2U);
  EXPECT_FALSE(stage.report.has_value());

  const FakeSidecar::Call& file = stage.sidecar.calls()[0];
  EXPECT_EQ(file.kind, FakeSidecar::Kind::kBinding);
  EXPECT_EQ(file.component, "c-files");
  EXPECT_EQ(file.output, "files");
  EXPECT_EQ(file.operation, "create");
  EXPECT_EQ(file.data, bytes);
  EXPECT_EQ(file.metadata, (std::map<std::string, std::string>{{"fileName", "a"}}));
  EXPECT_EQ(file.deadline, Deadline(stage.clock.now() + 1min));

  const FakeSidecar::Call& event = stage.sidecar.calls()[1];
  EXPECT_EQ(event.kind, FakeSidecar::Kind::kPublish);
  EXPECT_EQ(event.topic, "t-events");
  EXPECT_EQ(event.data, bytes);
  EXPECT_EQ(event.content_type, "application/octet-stream");
  EXPECT_EQ(event.metadata.at("ttl"), "5");
  EXPECT_EQ(event.metadata.at("cloudevent.id").size(), 36U);

  stage.sidecar.answer(1);
  settle(stage.loop);
  EXPECT_FALSE(stage.report.has_value()) << "one of two is not all";
  stage.sidecar.answer(0, SidecarReply{.data = "answer", .metadata = {}});
  settle(stage.loop);
  ASSERT_TRUE(stage.report.has_value());
  EXPECT_EQ(stage.report->outcome(), Delivered::kConfirmed);
  EXPECT_EQ(stage.report->results[0].reply->data, "answer");
  EXPECT_EQ(stage.report->failures(DeliveryReport::Detail::kText), "");
  EXPECT_THAT(stage.log.text(),
              HasSubstr("debug: output confirmed request_id=r1 output=files component=c-files"));
}

TEST(Outputs, AnObserverIsToldOfEachEndBeforeTheReport) {
  struct Noting final : OutputObserver {
    void output_ended(const OutputResult& result) override {
      notes +=
          result.output->name + (result.outcome == Delivered::kConfirmed ? " ok " : " failed ");
    }
    std::string notes;
  } observer;
  Stage stage({binding("files"), topic("events")});
  Outputs observed(stage.context, stage.sidecar, stage.loop, stage.log, {}, &observer);
  stage.sidecar.hold();
  const Payload payload = text("x");
  observed.deliver({&payload, 1}, {},
                   [&observer](const DeliveryReport&) { observer.notes += "report"; });
  settle(stage.loop);
  stage.sidecar.answer(1, std::unexpected(SidecarError{Error(Code::kInternal, "no")}));
  settle(stage.loop);
  EXPECT_EQ(observer.notes, "events failed ");
  stage.sidecar.answer(0);
  settle(stage.loop);
  EXPECT_EQ(observer.notes, "events failed files ok report");
}

TEST(Outputs, TheOperationIsTheContexts) {
  Output files = binding("files");
  files.operation = "delete";
  Output other = binding("other");
  other.operation = "";
  Stage stage({files, other});
  stage.deliver(text(""));
  EXPECT_EQ(stage.sidecar.calls()[0].operation, "delete");
  EXPECT_EQ(stage.sidecar.calls()[1].operation, "create");
}

TEST(Outputs, NothingToSendIsReportedLater) {
  Stage none({});
  none.deliver(text("x"));
  EXPECT_FALSE(none.report.has_value());
  settle(none.loop);
  EXPECT_TRUE(none.report.has_value());
  EXPECT_EQ(none.sidecar.calls().size(), 0U);
}

// One answer of the sidecar, and its effect.
struct Case {
  const char* name;
  Code code;
  Reach reach;
  Delivered outcome;
  bool retried;  // by default
};

TEST(Outputs, EveryStepFailedInTurn) {
  const Case cases[] = {
      {"unreachable", Code::kUnavailable, Reach::kNever, Delivered::kUnreachable, true},
      {"cannot be encoded", Code::kInvalidArgument, Reach::kNever, Delivered::kRefused, false},
      {"lost", Code::kUnavailable, Reach::kMaybe, Delivered::kUnreachable, false},
      {"too large", Code::kResourceExhausted, Reach::kMaybe, Delivered::kRefused, false},
      {"too large to send", Code::kResourceExhausted, Reach::kNever, Delivered::kRefused, false},
      {"internal", Code::kInternal, Reach::kMaybe, Delivered::kRefused, false},
      {"unknown pubsub", Code::kInvalidArgument, Reach::kMaybe, Delivered::kRefused, false},
      {"cancelled", Code::kCancelled, Reach::kMaybe, Delivered::kRefused, false},
      {"late", Code::kDeadlineExceeded, Reach::kMaybe, Delivered::kTimedOut, false},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name);
    for (std::size_t failing = 0; failing < 3; ++failing) {
      Stage stage({binding("a"), topic("b"), binding("c")});
      const std::string component = "c-" + stage.context.outputs[failing].name;
      const std::vector<SidecarResult> failures(1000,
                                                FakeSidecar::error(one.code, "why", one.reach));
      stage.sidecar.script(component, failures);
      stage.deliver(text("secret payload"));
      stage.pass(6s);
      ASSERT_TRUE(stage.report.has_value());
      EXPECT_EQ(stage.report->outcome(), one.outcome);
      EXPECT_EQ(stage.sidecar.calls_to(component).size() > 1, one.retried);
      EXPECT_EQ(stage.report->results[failing].tries, stage.sidecar.calls_to(component).size());
      for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(stage.report->results[i].outcome == Delivered::kConfirmed, i != failing);
        if (i != failing) {
          EXPECT_EQ(stage.sidecar.calls_to("c-" + stage.context.outputs[i].name).size(), 1U)
              << "confirmed outputs are not sent again";
        }
      }
      const std::string failed = stage.report->failures(DeliveryReport::Detail::kCode);
      EXPECT_THAT(failed, HasSubstr('"' + stage.context.outputs[failing].name + '"'));
      EXPECT_THAT(failed, HasSubstr(component));
      EXPECT_THAT(failed, HasSubstr(std::string(code_name(one.code))));
      EXPECT_THAT(failed, Not(HasSubstr("why")));
      EXPECT_THAT(stage.report->failures(DeliveryReport::Detail::kText), HasSubstr("why"));
      EXPECT_THAT(stage.log.text(),
                  HasSubstr("warning: output failed request_id=r1 output=" +
                            stage.context.outputs[failing].name + " component=" + component));
      EXPECT_THAT(stage.log.text(), Not(HasSubstr("secret")));
    }
  }
}

TEST(Outputs, TheGravestOutcomeIsTold) {
  const auto outcome = [](std::vector<Delivered> outcomes) {
    DeliveryReport report;
    for (const Delivered one : outcomes) {
      report.results.push_back({.output = nullptr, .outcome = one});
    }
    return report.outcome();
  };
  using enum Delivered;
  EXPECT_EQ(outcome({}), kConfirmed);
  EXPECT_EQ(outcome({kConfirmed, kUnreachable}), kUnreachable);
  EXPECT_EQ(outcome({kTimedOut, kUnreachable}), kTimedOut);
  EXPECT_EQ(outcome({kRefused, kTimedOut, kUnreachable, kConfirmed}), kRefused);
}

TEST(Outputs, ASidecarThatComesBackIsReached) {
  Stage stage({topic("events")});
  stage.sidecar.script("c-events", {FakeSidecar::unreachable(), FakeSidecar::unreachable(),
                                    FakeSidecar::unreachable()});
  stage.deliver(text("x"));
  settle(stage.loop);
  EXPECT_EQ(stage.sidecar.calls().size(), 1U) << "there is a pause before a retry";
  stage.pass(1s);
  ASSERT_TRUE(stage.report.has_value());
  EXPECT_EQ(stage.report->outcome(), Delivered::kConfirmed);
  EXPECT_EQ(stage.report->results[0].tries, 4U);
  ASSERT_EQ(stage.sidecar.calls().size(), 4U);
  for (const FakeSidecar::Call& call : stage.sidecar.calls()) {
    EXPECT_EQ(call.metadata, stage.sidecar.calls()[0].metadata) << "the id is the same";
    EXPECT_EQ(call.data, "x");
  }
}

TEST(Outputs, AnUnreachableSidecarIsGivenUpAfterAWhile) {
  Stage stage({binding("files")}, {.unreachable = 2s});
  stage.sidecar.script("c-files", std::vector<SidecarResult>(1000, FakeSidecar::unreachable()));
  stage.deliver(text("x"));
  stage.pass(1900ms);
  EXPECT_FALSE(stage.report.has_value());
  stage.pass(150ms);
  ASSERT_TRUE(stage.report.has_value());
  EXPECT_EQ(stage.report->outcome(), Delivered::kUnreachable);
  EXPECT_LT(stage.report->results[0].tries, 20U);
}

TEST(Outputs, AnOutageLeavesTheNextCallItsRetries) {
  Stage stage({binding("many"), binding("next")}, {.unreachable = 100ms});
  const auto deliver = [&](std::size_t output, std::size_t count) {
    const std::vector<Payload> payloads(count, text("x"));
    std::optional<DeliveryReport> report;
    stage.outputs.deliver(payloads, {.only = &stage.context.outputs[output]},
                          [&](DeliveryReport done) { report = std::move(done); });
    stage.pass(200ms);
    return report.value();
  };
  stage.sidecar.script("c-many", std::vector<SidecarResult>(20'000, FakeSidecar::unreachable()));
  EXPECT_EQ(deliver(0, 2000).outcome(), Delivered::kUnreachable);
  stage.sidecar.script("c-next", {FakeSidecar::unreachable()});
  const DeliveryReport next = deliver(1, 1);
  EXPECT_EQ(next.outcome(), Delivered::kConfirmed);
  EXPECT_EQ(next.results[0].tries, 2U);
}

TEST(Outputs, AtTheDeadlineWhatIsUndecidedHasFailed) {
  Stage stage({binding("quick"), topic("slow"), binding("away")});
  stage.sidecar.hold();
  stage.deliver(text("x"), Deadline(stage.clock.now() + 1s));
  stage.sidecar.answer(0);
  stage.sidecar.answer(2, FakeSidecar::unreachable());
  stage.pass(990ms);
  EXPECT_FALSE(stage.report.has_value());
  stage.pass(20ms);
  ASSERT_TRUE(stage.report.has_value());
  EXPECT_EQ(stage.report->results[0].outcome, Delivered::kConfirmed);
  EXPECT_EQ(stage.report->results[1].outcome, Delivered::kTimedOut);
  EXPECT_EQ(stage.report->results[2].outcome, Delivered::kTimedOut);
  EXPECT_EQ(stage.report->outcome(), Delivered::kTimedOut);

  // Later answers have no effect.
  const std::size_t calls = stage.sidecar.calls().size();
  stage.sidecar.answer(1);
  stage.sidecar.release();
  stage.pass(10s);
  EXPECT_EQ(stage.sidecar.calls().size(), calls) << "nothing is tried after the deadline";
}

TEST(Outputs, CodesAreRetriedByConfigurationOnly) {
  const auto tries = [](Code code) {
    Stage stage({binding("files")}, {.retry_codes = {Code::kInternal, Code::kResourceExhausted}});
    stage.sidecar.script("c-files", {FakeSidecar::error(code, "once")});
    stage.deliver(text("x"));
    stage.pass(1s);
    EXPECT_TRUE(stage.report.has_value());
    return stage.sidecar.calls().size();
  };
  EXPECT_EQ(tries(Code::kInternal), 2U);
  EXPECT_EQ(tries(Code::kUnknown), 1U);
  EXPECT_EQ(tries(Code::kResourceExhausted), 1U) << "too large stays too large";
}

TEST(Outputs, ADeliveryMayOutliveNobody) {
  testing::ManualClock clock;
  Loop loop(clock);
  NullLog log;
  FakeSidecar sidecar(loop);
  const FunctionContext context = knative({binding("files")});
  const Payload payload = text("x");
  sidecar.hold();
  bool reported = false;
  {
    Outputs outputs(context, sidecar, loop, log);
    outputs.deliver({&payload, 1}, {}, [&](const DeliveryReport&) { reported = true; });
  }
  sidecar.answer(0);
  settle(loop);
  EXPECT_FALSE(reported);
}

TEST(Outputs, TheUsersMetadataStands) {
  Stage stage({topic("events", {{"cloudevent.id", "mine"}, {"rawPayload", "true"}})});
  stage.deliver(text("x"));
  EXPECT_EQ(stage.sidecar.calls()[0].metadata.at("cloudevent.id"), "mine");
  EXPECT_EQ(stage.sidecar.calls()[0].metadata.at("rawPayload"), "true");
}

TEST(Outputs, AnEventIsPublishedAsItselfAndItsDataIsBound) {
  Stage stage({topic("events"), binding("files")});
  const CloudEvent event = CloudEvent("id-1", "/s", "t").datacontenttype("text/plain").data("data");
  stage.deliver(payload_of(event, stage.context).value());
  const FakeSidecar::Call& published = stage.sidecar.calls()[0];
  EXPECT_EQ(published.content_type, "application/cloudevents+json");
  EXPECT_THAT(published.data, HasSubstr(R"("id":"id-1")"));
  EXPECT_EQ(published.metadata.at("cloudevent.id"), "id-1");
  EXPECT_EQ(stage.sidecar.calls()[1].data, "data");
  EXPECT_FALSE(payload_of(CloudEvent(), stage.context).has_value());
  EXPECT_FALSE(payload_of(CloudEvent(), knative({binding("files")})).has_value());
}

TEST(Outputs, AnAnswerIsPublishedWithItsType) {
  Stage stage({topic("events")});
  const Response response = Response("\x89PNG").content_type("image/png");
  stage.deliver(payload_of(response, stage.context));
  EXPECT_EQ(stage.sidecar.calls()[0].content_type, "application/octet-stream");
  EXPECT_EQ(stage.sidecar.calls()[0].metadata.at("ofn-content-type"), "image/png");
  EXPECT_EQ(stage.sidecar.calls()[0].data, "\x89PNG");
}

TEST(Outputs, SeveralPayloadsAreOneDelivery) {
  Stage stage({topic("events"), binding("files")});
  const std::vector<Payload> payloads = {text("one"), text("two")};
  std::optional<DeliveryReport> report;
  stage.outputs.deliver(payloads, {}, [&](DeliveryReport done) { report = std::move(done); });
  settle(stage.loop);
  EXPECT_EQ(stage.sidecar.calls().size(), 4U);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->results.size(), 4U);
}

// In all cases, the outputs that are reported as confirmed are exactly those that the sidecar
// confirmed, once each.
TEST(Outputs, Ledger) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    Stage stage({binding("a"), topic("b"), binding("c")});
    std::vector<SidecarResult> script[3];
    std::vector<bool> confirms(3, false);
    for (std::size_t output = 0; output < 3; ++output) {
      // Some tries that never arrived, followed by one answer that decides.
      for (std::uint64_t n = random() % 4; n > 0; --n) {
        script[output].emplace_back(FakeSidecar::unreachable());
      }
      confirms[output] = random() % 2 == 0;
      if (confirms[output]) {
        script[output].emplace_back(SidecarReply{});
      } else {
        script[output].emplace_back(FakeSidecar::error(Code::kInternal, "no"));
      }
      const std::size_t expected = script[output].size();
      stage.sidecar.script("c-" + stage.context.outputs[output].name, script[output]);
      script[output].resize(expected, SidecarReply{});
    }
    stage.deliver(text("x"), Deadline(stage.clock.now() + 1min));
    stage.pass(2s);
    ASSERT_TRUE(stage.report.has_value());
    bool all = true;
    for (std::size_t output = 0; output < 3; ++output) {
      EXPECT_EQ(stage.report->results[output].outcome == Delivered::kConfirmed, confirms[output]);
      EXPECT_EQ(stage.sidecar.calls_to("c-" + stage.context.outputs[output].name).size(),
                script[output].size());
      all = all && confirms[output];
    }
    EXPECT_EQ(stage.report->outcome() == Delivered::kConfirmed, all);
  }
}

}  // namespace
}  // namespace ofn
