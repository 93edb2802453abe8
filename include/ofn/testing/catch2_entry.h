// The entry of a program with Catch2 tests that `functions-framework test` builds and loads. The program compiles this header, alone
// and once, because it has Catch2's implementation; authors do not include it.
#pragma once

#define CATCH_CONFIG_RUNNER
// The framework reports crashes, with the author's frames.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/testing/entry_report.h>

namespace ofn::testing::internal {

inline const char* catch2_report = nullptr;

class Catch2Report final : public Catch::TestEventListenerBase {
 public:
  explicit Catch2Report(const Catch::ReporterConfig& config)
      : TestEventListenerBase(config), report_(catch2_report) {}

 private:
  void testCaseStarting(const Catch::TestCaseInfo& test) override {
    began_ = std::chrono::steady_clock::now();
    report_.begin(test.name, test.lineInfo.file, static_cast<long>(test.lineInfo.line));
  }
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    const Catch::AssertionResult& result = stats.assertionResult;
    if (result.isOk()) return true;
    std::string message;
    for (const std::string& section : sections_) message += "in \"" + section + "\"\n";
    for (const Catch::MessageInfo& info : stats.infoMessages) message += info.message + "\n";
    if (result.hasExpression()) message += result.getExpressionInMacro() + "\n";
    if (result.hasExpandedExpression()) message += result.getExpandedExpression() + "\n";
    if (result.hasMessage()) message += std::string(result.getMessage()) + "\n";
    const Catch::SourceLineInfo place = result.getSourceInfo();
    report_.failure(place.file, static_cast<long>(place.line), message);
    return true;
  }
  // The first section is the test case itself.
  void sectionStarting(const Catch::SectionInfo& section) override {
    if (depth_++ > 0) sections_.push_back(section.name);
  }
  void sectionEnded(const Catch::SectionStats&) override {
    if (--depth_ > 0) sections_.pop_back();
  }
  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const auto took = std::chrono::steady_clock::now() - began_;
    report_.end(stats.testInfo.name,
                std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  }

  EntryReport report_;
  std::chrono::steady_clock::time_point began_;
  int depth_ = 0;
  std::vector<std::string> sections_;
};
CATCH_REGISTER_LISTENER(Catch2Report)

// Returns a name that Catch2 takes for no pattern.
inline std::string catch2_quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) {
    if (std::string_view("\\\",[]").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text + '"';
}

// Leaves tests out of those that the filter chooses; without a filter, these are the tests that are not hidden.
inline void catch2_leave_out(Catch::Session& session,
                             const std::set<std::string, std::less<>>& names) {
  const Catch::IConfig& config = session.config();
  std::string chosen;
  for (const Catch::TestCase& test : Catch::getAllTestCasesSorted(config)) {
    const bool is_chosen = config.testSpec().hasFilters()
                               ? Catch::matchTest(test, config.testSpec(), config)
                               : !test.isHidden();
    if (!is_chosen || names.find(test.name) != names.end()) continue;
    chosen += (chosen.empty() ? "" : ",") + catch2_quoted(test.name);
  }
  // A tag that no test has: nothing is left to run.
  session.configData().testsOrTags = {chosen.empty() ? "[ofn-none]" : chosen};
  session.useConfigData(session.configData());
}

}  // namespace ofn::testing::internal

extern "C" const ofn::testing::internal::Host* ofn_testing_host() noexcept {
  return ofn::testing::internal::entry_host;
}

extern "C" __attribute__((visibility("default"))) int ofn_test_main(const void* host,
                                                                    const char* report,
                                                                    const char* filter) noexcept {
  ofn::testing::internal::entry_host = static_cast<const ofn::testing::internal::Host*>(host);
  ofn::testing::internal::catch2_report = report;
  Catch::Session session;
  std::string_view rest = filter;
  session.configData().testsOrTags = {
      std::string(rest.substr(0, rest.find(ofn::testing::internal::kLeftOut)))};
  std::set<std::string, std::less<>> left_out;
  for (std::size_t at = rest.find(ofn::testing::internal::kLeftOut);
       at != std::string_view::npos;) {
    rest.remove_prefix(at + 1);
    at = rest.find(ofn::testing::internal::kLeftOut);
    left_out.emplace(rest.substr(0, at));
  }
  if (!left_out.empty()) ofn::testing::internal::catch2_leave_out(session, left_out);
  return session.run() == 0 ? 0 : 1;
}
