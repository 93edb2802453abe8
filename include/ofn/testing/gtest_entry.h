// The entry of a program with tests that `functions-framework test` builds and loads. The program compiles this header; authors do not include it.
#pragma once

#include <string>

#include <ofn/testing/entry_report.h>
#include <ofn/testing/gtest.h>

namespace ofn::testing::internal {

class GtestReport final : public ::testing::EmptyTestEventListener {
 public:
  explicit GtestReport(const char* file) : report_(file) {}

 private:
  static std::string name(const ::testing::TestInfo& test) {
    return std::string(test.test_suite_name()) + "." + test.name();
  }

  void OnTestStart(const ::testing::TestInfo& test) override {
    report_.begin(name(test), test.file(), test.line());
  }
  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (part.passed()) return;
    const char* file = part.file_name() == nullptr ? "" : part.file_name();
    if (part.skipped())
      report_.skip(file, part.line_number(), part.message());
    else
      report_.failure(file, part.line_number(), part.message());
  }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    report_.end(name(test), test.result()->elapsed_time());
  }

  EntryReport report_;
};

}  // namespace ofn::testing::internal

extern "C" const ofn::testing::internal::Host* ofn_testing_host() noexcept {
  return ofn::testing::internal::entry_host;
}

extern "C" __attribute__((visibility("default"))) int ofn_test_main(const void* host,
                                                                    const char* report,
                                                                    const char* filter) noexcept {
  ofn::testing::internal::entry_host = static_cast<const ofn::testing::internal::Host*>(host);
  std::string program = "tests";
  char* arguments[] = {program.data(), nullptr};
  int count = 1;
  ::testing::InitGoogleMock(&count, arguments);
  GTEST_FLAG_SET(filter, filter);
  ::testing::TestEventListeners& listeners = ::testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  listeners.Append(new ofn::testing::internal::GtestReport(report));
  return RUN_ALL_TESTS();
}
