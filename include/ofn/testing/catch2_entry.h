// The entry of a program with Catch2 tests that `functions-framework test` builds and loads. The program compiles this header, alone
// and once, because it has Catch2's implementation; authors do not include it.
#pragma once

#define CATCH_CONFIG_RUNNER
// The framework reports crashes, with the author's frames.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
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
  session.configData().testsOrTags = {filter};
  return session.run() == 0 ? 0 : 1;
}
