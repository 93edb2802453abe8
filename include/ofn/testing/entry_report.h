// The report of a program with tests that `functions-framework test` builds and loads. Its entries write it; authors do not include it.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <ofn/testing/host.h>

namespace ofn::testing::internal {

inline const Host* entry_host = nullptr;

// Written to standard error when a test begins, so that what follows the last one is the output of that test.
inline constexpr std::string_view kTestBegins =
    "\x1e"
    "a test begins\n";

// Catch2's entry takes these before names of tests, behind the pattern: a name is left out, or only the tests with such names run.
inline constexpr char kLeftOut = '\x1f';
inline constexpr char kOnly = '\x1d';

// Writes what becomes of each test to a file, as lines of JSON, so that nothing is lost if the process crashes.
class EntryReport {
 public:
  explicit EntryReport(const char* file) : file_(std::fopen(file, "ae")) {}
  EntryReport(const EntryReport&) = delete;
  EntryReport& operator=(const EntryReport&) = delete;
  ~EntryReport() {
    if (file_ != nullptr) std::fclose(file_);
  }

  void begin(std::string_view test, std::string_view file, long line) {
    std::fflush(stdout);  // it has the output of the tests before
    std::fwrite(kTestBegins.data(), 1, kTestBegins.size(), stderr);
    write(R"({"what":"begin","test":)" + text(test) + R"(,"file":)" + text(file) + R"(,"line":)" +
          std::to_string(line) + "}");
  }
  void failure(std::string_view file, long line, std::string_view message) {
    add("failure", file, line, message);
  }
  void skip(std::string_view file, long line, std::string_view message) {
    add("skip", file, line, message);
  }
  void end(std::string_view test, long long milliseconds) {
    write(R"({"what":"end","test":)" + text(test) + R"(,"milliseconds":)" +
          std::to_string(milliseconds) + "}");
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
  void add(std::string_view what, std::string_view file, long line, std::string_view message) {
    write(R"({"what":)" + text(what) + R"(,"file":)" + text(file) + R"(,"line":)" +
          std::to_string(line) + R"(,"message":)" + text(message) + "}");
  }
  void write(const std::string& line) {
    if (file_ == nullptr) return;
    const std::string whole = line + "\n";
    std::fwrite(whole.data(), 1, whole.size(), file_);
    std::fflush(file_);
  }

  std::FILE* file_;
};

}  // namespace ofn::testing::internal
