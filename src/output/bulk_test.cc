// Many items for one output.
#include "output/bulk.h"

#include <chrono>
#include <functional>
#include <optional>
#include <set>
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
using ::testing::Each;
using ::testing::ElementsAre;
using testing::FakeSidecar;
using testing::settle;
using ::testing::SizeIs;

FunctionContext context_of(ComponentKind kind) {
  FunctionContext context;
  context.runtime = Runtime::kKnative;
  context.outputs = {{.name = "out",
                      .component = "c-out",
                      .kind = kind,
                      .topic = kind == ComponentKind::kPubsub ? "t-out" : "",
                      .metadata = {{"own", "1"}}}};
  return context;
}

struct Stage {
  explicit Stage(ComponentKind kind, OutputPolicy policy = {})
      : context(context_of(kind)), outputs(context, sidecar, loop, log, std::move(policy)) {}

  void send(std::vector<std::string> texts, Deadline deadline = {}) {
    data = std::move(texts);
    for (const std::string& text : data)
      items.push_back({.payload = payload_of(text, "text/plain", context), .metadata = metadata});
    outputs.deliver_all(items,
                        {.deadline = deadline, .request_id = "r1", .only = context.outputs.data()},
                        [this](DeliveryReport done) { report = std::move(done); });
    settle(loop);
  }
  // The code of each item; OK if it was confirmed.
  std::vector<Code> codes() const {
    std::vector<Code> all;
    for (const OutputResult& each : report.value().results)
      all.push_back(each.reply ? Code::kOk : each.reply.error().code());
    return all;
  }
  std::vector<std::size_t> sizes() const {
    std::vector<std::size_t> all;
    for (const auto& bulk : sidecar.bulks()) all.push_back(bulk.size());
    return all;
  }

  testing::ManualClock clock;
  Loop loop{clock};
  FakeSidecar sidecar{loop};
  testing::RecordingLog log;
  FunctionContext context;
  Outputs outputs;
  std::vector<std::string> data;
  std::vector<Header> metadata;
  std::vector<BulkItem> items;
  std::optional<DeliveryReport> report;
};

TEST(BulkTest, ATopicGetsItsItemsInOneCall) {
  Stage stage(ComponentKind::kPubsub);
  stage.metadata = {{"key", "k"}};
  stage.send({"a", std::string("\0b", 2), ""});
  EXPECT_THAT(stage.codes(), ElementsAre(Code::kOk, Code::kOk, Code::kOk));
  ASSERT_THAT(stage.sizes(), ElementsAre(3U));
  std::set<std::string> ids;
  for (std::size_t i = 0; i < 3; ++i) {
    const FakeSidecar::Call& call = stage.sidecar.calls()[i];
    EXPECT_EQ(call.component, "c-out");
    EXPECT_EQ(call.topic, "t-out");
    EXPECT_EQ(call.data, stage.data[i]);
    EXPECT_EQ(call.content_type, "text/plain");
    EXPECT_EQ(call.metadata.at("own"), "1");
    EXPECT_EQ(call.metadata.at("key"), "k");
    EXPECT_EQ(call.output, "out");
    ids.insert(call.metadata.at("cloudevent.id"));
  }
  EXPECT_THAT(ids, SizeIs(3)) << "each item has an id of its own";
}

TEST(BulkTest, LimitsTheSizeOfACall) {
  struct Case {
    std::string_view name;
    std::vector<std::string> items;
    std::vector<std::size_t> calls;
  };
  const std::string mib(std::size_t{1} << 20, 'x');
  std::vector<std::string> many(Outputs::kMostBulkItems + 1, "x");
  for (const Case& c : {
           Case{"nothing", {}, {}},
           Case{"by bytes", {mib, mib, mib, mib}, {2, 2}},
           Case{"a large item goes alone", {"a", mib + mib + mib + mib, "b"}, {1, 1, 1}},
           Case{"by number", many, {Outputs::kMostBulkItems, 1}},
       }) {
    Stage stage(ComponentKind::kPubsub);
    stage.send(c.items);
    ASSERT_TRUE(stage.report) << c.name;
    EXPECT_THAT(stage.codes(), Each(Code::kOk)) << c.name;
    EXPECT_THAT(stage.codes(), SizeIs(c.items.size())) << c.name;
    EXPECT_EQ(stage.sizes(), c.calls) << c.name;
  }
}

TEST(BulkTest, SaysOfEachItemWhetherItFailed) {
  const auto error = [](Code code) { return FakeSidecar::error(code, "no"); };
  struct Case {
    std::string_view name;
    std::vector<SidecarResult> answers;
    std::vector<BulkPublished::Failure> failures;
    std::vector<Code> codes;
    std::vector<std::size_t> bulks;
    std::size_t singles = 0;
  };
  for (const Case& c : {
           Case{"one entry", {}, {{1, "broken"}}, {Code::kOk, Code::kInternal}, {2}},
           Case{"an entry that was not sent, and one twice",
                {},
                {{7, "?"}, {0, "a"}, {0, "b"}},
                {Code::kInternal, Code::kOk},
                {2}},
           Case{"the whole call",
                {error(Code::kInvalidArgument)},
                {},
                {Code::kInvalidArgument, Code::kInvalidArgument},
                {2}},
           Case{"a call that may have arrived is not repeated",
                {error(Code::kUnavailable)},
                {},
                {Code::kUnavailable, Code::kUnavailable},
                {2}},
           Case{"a sidecar without bulks",
                {error(Code::kUnimplemented), SidecarReply{}, error(Code::kInternal)},
                {},
                {Code::kOk, Code::kInternal},
                {2},
                2},
       }) {
    Stage stage(ComponentKind::kPubsub);
    stage.sidecar.script("c-out", c.answers);
    stage.sidecar.script_failures(c.failures);
    stage.send({"a", "b"});
    ASSERT_TRUE(stage.report) << c.name;
    EXPECT_EQ(stage.codes(), c.codes) << c.name;
    EXPECT_EQ(stage.sizes(), c.bulks) << c.name;
    EXPECT_EQ(stage.sidecar.calls().size() - 2, c.singles) << c.name;
    EXPECT_EQ(stage.report->results.front().output, stage.context.outputs.data()) << c.name;
  }
}

TEST(BulkTest, RepeatsWhatCertainlyDidNotArrive) {
  Stage stage(ComponentKind::kPubsub);
  stage.sidecar.script("c-out", {FakeSidecar::unreachable()});
  stage.send({"a", "b"});
  EXPECT_FALSE(stage.report);
  stage.clock.advance(1s);
  settle(stage.loop);
  EXPECT_THAT(stage.codes(), Each(Code::kOk));
  ASSERT_THAT(stage.sizes(), ElementsAre(2U, 2U));
  for (std::size_t i : {0U, 1U}) {
    EXPECT_EQ(stage.sidecar.calls()[i].metadata, stage.sidecar.calls()[i + 2].metadata)
        << "a repeated item keeps its id";
  }
}

TEST(BulkTest, EndsAtTheDeadline) {
  for (const auto kind : {ComponentKind::kPubsub, ComponentKind::kBinding}) {
    Stage stage(kind);
    stage.sidecar.hold();
    stage.send({"a", "b"}, Deadline(stage.clock.now() + 5s));
    EXPECT_FALSE(stage.report);
    stage.clock.advance(6s);
    settle(stage.loop);
    ASSERT_TRUE(stage.report);
    EXPECT_THAT(stage.codes(), Each(Code::kDeadlineExceeded));
  }
}

TEST(BulkTest, ABindingGetsOneAfterTheOther) {
  Stage stage(ComponentKind::kBinding);
  stage.sidecar.script("c-out",
                       {SidecarReply{"first", {}}, FakeSidecar::error(Code::kInternal, "no"),
                        SidecarReply{"third", {}}});
  stage.sidecar.hold();
  stage.send({"a", "b", "c"});
  EXPECT_THAT(stage.sidecar.calls(), SizeIs(1)) << "the second waits for the first";
  stage.sidecar.release();
  settle(stage.loop);
  EXPECT_THAT(stage.codes(), ElementsAre(Code::kOk, Code::kInternal, Code::kOk));
  EXPECT_EQ(stage.report->results[2].reply->data, "third");
  EXPECT_THAT(stage.sidecar.bulks(), SizeIs(0));
}

}  // namespace
}  // namespace ofn
