// The words of the checks, as a golden file, and the files of snapshots.
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include <ofn/testing/gtest.h>

#include "kit/json_differences.h"
#include "kit/snapshots.h"
#include "testing/temporary_directory.h"

namespace ofn::kit {
namespace {

namespace kit = ofn::testing;

kit::Result answer(int status, std::string body) {
  kit::Result result;
  result.has_ended = true;
  result.status = status;
  result.body = std::move(body);
  if (status >= 400) result.verdict = kit::Verdict::kError;
  return result;
}

kit::Result crashed() {
  kit::Result result = answer(500, "The function failed.\n");
  result.verdict = kit::Verdict::kCrash;
  result.thrown = kit::Thrown{.type = "std::out_of_range",
                              .what = "map::at",
                              .file = "src/hello.cc",
                              .line = 12,
                              .function = "price()"};
  return result;
}

kit::Result sent(std::optional<Failure> failure) {
  kit::Result result = answer(200, "ok");
  result.sent.push_back({.output = "files", .data = "one\n"});
  result.sent.push_back({.output = "events", .data = "two", .failure = std::move(failure)});
  result.log = {"info: begins", "warning: output failed output=events"};
  return result;
}

kit::Result delivered(kit::Acknowledgement acknowledgement) {
  kit::Result result = answer(500, "");
  result.acknowledgement = acknowledgement;
  if (acknowledgement == kit::Acknowledgement::kRetry)
    result.refusal = Failure{Code::kInternal, "it failed"};
  return result;
}

struct Case {
  kit::Result result;
  kit::Check check;
};

TEST(Checks, SayWhatDiffers) {
  const kit::Result running;
  const Case cases[] = {
      {answer(404, "not found\n"), kit::IsOk()},
      {crashed(), kit::IsOk()},
      {running, kit::IsOk()},
      {answer(200, "hello"), kit::HasStatus(404)},
      {crashed(), kit::HasStatus(200)},
      {answer(200, "hello \"Ann\"\n\x01"), kit::HasBody("hello Bob\n")},
      {answer(200, std::string(300, 'x')), kit::HasBody("x")},
      {answer(200, "hello"), kit::BodyContains("bye")},
      {answer(200, "hello"), kit::HasField("x-one", "1")},
      {answer(200, R"({"b":[1,2,3],"c":{"d":"x"},"e":1.0,"new":null})"),
       kit::JsonBody(R"({"c":{"d":"y"},"b":[1,"2"],"a":true,"e":1})")},
      {answer(200, "no JSON"), kit::JsonBody("{}")},
      {answer(200, "{}"), kit::JsonBody("{")},
      {answer(200, ""), kit::SentTo("files", "one")},
      {sent({}), kit::SentTo("files", "other")},
      {sent(Failure{Code::kInternal, "full"}), kit::SentTo("events")},
      {sent({}), kit::SentNothing()},
      {answer(200, ""), kit::IsAcknowledged()},
      {delivered(kit::Acknowledgement::kRetry), kit::IsAcknowledged()},
      {delivered(kit::Acknowledgement::kDropped), kit::IsOk()},
      {answer(200, ""), kit::ThrewAt("hello.cc", 12)},
      {crashed(), kit::ThrewAt("hello.cc", 13)},
      {crashed(), kit::ThrewAt("lo.cc", 12)},
      {crashed(), kit::Threw("std::runtime_error")},
      {sent({}), kit::Logged("ends")},
      {answer(200, ""), kit::Logged("ends")},
  };
  std::ostringstream all;
  for (const Case& each : cases) {
    ::testing::StringMatchResultListener why;
    EXPECT_FALSE(::testing::ExplainMatchResult(each.check, each.result, &why));
    all << "Expected: " << ::testing::DescribeMatcher<kit::Result>(each.check)
        << "\n  Actual: " << ::testing::PrintToString(each.result) << ", " << why.str()
        << "\n     Not: " << ::testing::DescribeMatcher<kit::Result>(::testing::Not(each.check))
        << "\n\n";
  }
  EXPECT_EQ(snapshot_problem(__FILE__, "words", all.str()), "");
}

TEST(Checks, TakeWhatFits) {
  EXPECT_THAT(crashed(), kit::ThrewAt("hello.cc", 12));
  EXPECT_THAT(crashed(), kit::ThrewAt("hello.cc", 0));
  EXPECT_THAT(sent({}), kit::SentTo("events", "two"));
  EXPECT_THAT(answer(200, R"({"a":1,"b":[{}]})"), kit::JsonBody(R"( {"b":[{}], "a":1.0} )"));
  EXPECT_THAT(delivered(kit::Acknowledgement::kAcknowledged), kit::IsAcknowledged());
}

TEST(Snapshots, AreWrittenAndCompared) {
  const TemporaryDirectory folder;
  const std::string source = (std::filesystem::path(folder.path()) / "a_test.cc").native();
  const char* const ci = std::getenv("CI");
  const std::string before = ci == nullptr ? "" : ci;
  setenv("CI", "true", 1);
  EXPECT_THAT(snapshot_problem(source, "one", "a\n"),
              ::testing::HasSubstr("whose snapshot is missing"));
  unsetenv("CI");
  EXPECT_EQ(snapshot_problem(source, "one", "a\n"), "");
  EXPECT_EQ(snapshot_problem(source, "one", "a\n"), "");
  EXPECT_THAT(snapshot_problem(source, "one", "b\n"), ::testing::HasSubstr("line 1\n  - a\n  + b"));
  setenv("OFN_TEST_UPDATE", "1", 1);
  EXPECT_EQ(snapshot_problem(source, "one", "b\n"), "");
  unsetenv("OFN_TEST_UPDATE");
  EXPECT_EQ(snapshot_problem(source, "one", "b\n"), "");
  EXPECT_THAT(snapshot_problem(source, "../one", "b\n"), ::testing::HasSubstr("needs a name"));
  if (!before.empty()) setenv("CI", before.c_str(), 1);
}

}  // namespace
}  // namespace ofn::kit
