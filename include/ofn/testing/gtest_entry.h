// The entry of a program with tests that `functions-framework test` builds and loads. The program compiles this header; authors do not include it.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <ofn/testing/gtest.h>

namespace ofn::testing::internal {

inline const Host* entry_host = nullptr;

// Writes what becomes of each test to a file, as lines of JSON, so that nothing is lost if the process crashes.
class EntryReport final : public ::testing::EmptyTestEventListener {
 public:
  explicit EntryReport(const char* file) : file_(std::fopen(file, "ae")) {}
  EntryReport(const EntryReport&) = delete;
  EntryReport& operator=(const EntryReport&) = delete;
  ~EntryReport() override {
    if (file_ != nullptr) std::fclose(file_);
  }

 private:
  static std::string text(std::string_view raw) {
    std::string json = "\"";
    for (const char c : raw) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        (json += '\\') += c;
      } else if (byte < 0x20) {
        (json += "\\u00") += "0123456789abcdef"[byte >> 4U];
        json += "0123456789abcdef"[byte & 0xfU];
      } else {
        json += c;
      }
    }
    return json + '"';
  }
  static std::string name(const ::testing::TestInfo& test) {
    return text(std::string(test.test_suite_name()) + "." + test.name());
  }
  void write(const std::string& line) {
    if (file_ == nullptr) return;
    const std::string whole = line + "\n";
    std::fwrite(whole.data(), 1, whole.size(), file_);
    std::fflush(file_);
  }

  void OnTestStart(const ::testing::TestInfo& test) override {
    write(R"({"what":"begin","test":)" + name(test) + R"(,"file":)" + text(test.file()) +
          R"(,"line":)" + std::to_string(test.line()) + "}");
  }
  void OnTestPartResult(const ::testing::TestPartResult& part) override {
    if (part.passed()) return;
    write(std::string(R"({"what":")") + (part.skipped() ? "skip" : "failure") + R"(","file":)" +
          text(part.file_name() == nullptr ? "" : part.file_name()) + R"(,"line":)" +
          std::to_string(part.line_number()) + R"(,"message":)" + text(part.message()) + "}");
  }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    write(R"({"what":"end","test":)" + name(test) + R"(,"milliseconds":)" +
          std::to_string(test.result()->elapsed_time()) + "}");
  }

  std::FILE* file_;
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
  listeners.Append(new ofn::testing::internal::EntryReport(report));
  return RUN_ALL_TESTS();
}
