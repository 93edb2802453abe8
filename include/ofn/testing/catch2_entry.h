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
#include <utility>
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

// What runs: "PATTERN", and behind it names of tests that are left out, or of those that alone run.
struct Catch2Filter {
  explicit Catch2Filter(std::string_view text) {
    std::size_t at = text.find_first_of(kMarks);
    pattern = text.substr(0, at);
    while (at != std::string_view::npos) {
      std::set<std::string, std::less<>>& names = text[at] == kOnly ? only : left_out;
      text.remove_prefix(at + 1);
      at = text.find_first_of(kMarks);
      names.emplace(text.substr(0, at));
    }
  }
  bool has_names() const { return !left_out.empty() || !only.empty(); }

  static constexpr char kMarks[] = {kLeftOut, kOnly, '\0'};
  std::string pattern;  // empty: the tests that are not hidden
  std::set<std::string, std::less<>> left_out;
  std::set<std::string, std::less<>> only;
};

// Chooses tests by their names. Catch2 has no pattern for exactly one name, because it ignores the case and takes a * at either end for any
// text. So the chosen tests get a tag.
inline void catch2_choose(Catch::Session& session, const Catch2Filter& filter) {
  const Catch::IConfig& config = session.config();
  for (const Catch::TestCase& test : Catch::getAllTestCasesSorted(config)) {
    bool is_chosen = filter.only.find(test.name) != filter.only.end();
    if (filter.only.empty()) {
      is_chosen = config.testSpec().hasFilters() ? Catch::matchTest(test, config.testSpec(), config)
                                                 : !test.isHidden();
    }
    if (!is_chosen || filter.left_out.find(test.name) != filter.left_out.end()) continue;
    std::vector<std::string> tags = test.tags;
    tags.emplace_back("ofn-chosen");
    // The registry's object is not const; Catch2 itself tags tests so.
    setTags(const_cast<Catch::TestCase&>(test), std::move(tags));
  }
  session.configData().testsOrTags = {"[ofn-chosen]"};
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
  const ofn::testing::internal::Catch2Filter chosen(filter);
  Catch::Session session;
  session.configData().testsOrTags = {chosen.pattern};
  if (chosen.has_names()) ofn::testing::internal::catch2_choose(session, chosen);
  return session.run() == 0 ? 0 : 1;
}
