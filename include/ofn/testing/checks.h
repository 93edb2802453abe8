// What a test expects of a Result, for GoogleTest's EXPECT_THAT and Catch2's CHECK_THAT. Authors include <ofn/testing/gtest.h> or
// <ofn/testing/catch2.h>.
//
//   std::string problem_of(const ofn::testing::Result& result) {
//     return ofn::testing::HasStatus(404).problem(result);     // empty, or "whose status is 200"
//   }
#pragma once

#include <cstddef>
#include <functional>
#include <ostream>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/testing/program.h>
#include <ofn/testing/result.h>

namespace ofn::testing {

// A value. It is a matcher of GoogleTest 1.12 and of Catch2 2, and needs neither.
class Check {
 public:
  using is_gtest_matcher = void;  // NOLINT(readability-identifier-naming): GoogleTest's word
  using Problem = std::function<std::string(const Result&)>;

  // `expected` follows "the call": "has status 404", and `opposite` as well. `problem` returns why a result does not fit: words that
  // follow "the answer …,", or an empty text.
  Check(std::string expected, std::string opposite, Problem problem)
      : expected_(std::move(expected)),
        opposite_(std::move(opposite)),
        problem_(std::move(problem)) {}

  std::string problem(const Result& result) const {
    if (!result.has_ended) return "which has not ended: call finish(), or move the clock";
    return problem_(result);
  }

  // NOLINTBEGIN(readability-identifier-naming): the names that GoogleTest calls
  bool MatchAndExplain(const Result& result, std::ostream* out) const {
    const std::string why = problem(result);
    if (out != nullptr) *out << why;
    return why.empty();
  }
  void DescribeTo(std::ostream* out) const { *out << expected_; }
  void DescribeNegationTo(std::ostream* out) const { *out << opposite_; }
  // NOLINTEND(readability-identifier-naming)

  // Catch2
  bool match(const Result& result) const {
    last_ = problem(result);
    return last_.empty();
  }
  std::string toString() const {  // NOLINT(readability-identifier-naming)
    return last_.empty() ? expected_ : expected_ + "\n" + last_;
  }

 private:
  std::string expected_;
  std::string opposite_;
  Problem problem_;
  mutable std::string last_;
};

namespace internal {

inline std::string outputs_of(const Result& result) {
  if (result.sent.empty()) return "which sent nothing";
  std::string told = "which sent";
  for (std::size_t i = 0; i < result.sent.size(); ++i) {
    const Sent& sent = result.sent[i];
    told += (i == 0 ? " " : ", ") + in_quotes(sent.data) + " to " + in_quotes(sent.output);
    if (sent.failure) told += " (failed: " + std::string(code_name(sent.failure->code)) + ")";
  }
  return told;
}

// A file name fits a path that ends with it: "hello.cc" fits "src/hello.cc".
inline bool ends_with_file(std::string_view path, std::string_view file) {
  if (!path.ends_with(file)) return false;
  return path.size() == file.size() || path[path.size() - file.size() - 1] == '/';
}

}  // namespace internal

// NOLINTBEGIN(readability-identifier-naming): named as the matchers of GoogleTest and Catch2 are

// The answer has a status below 400, or the delivery is acknowledged.
inline Check IsOk() {
  return {"is a success", "is a failure", [](const Result& result) -> std::string {
            if (result.acknowledgement != Acknowledgement::kNone) {
              if (result.acknowledgement == Acknowledgement::kAcknowledged) return {};
              return "which is " + std::string(name_of(result.acknowledgement));
            }
            if (result.is_broken_off) return "which is broken off";
            if (result.status < 400 && result.verdict == Verdict::kSuccess) return {};
            return "whose status is " + std::to_string(result.status) + " and whose verdict is " +
                   std::string(name_of(result.verdict));
          }};
}

inline Check HasStatus(int status) {
  return {"has status " + std::to_string(status), "does not have status " + std::to_string(status),
          [status](const Result& result) -> std::string {
            if (result.status == status) return {};
            return "whose status is " + std::to_string(result.status);
          }};
}

inline Check HasBody(std::string body) {
  const std::string shown = internal::in_quotes(body);
  return {"has the body " + shown, "does not have the body " + shown,
          [body = std::move(body)](const Result& result) -> std::string {
            if (result.body == body) return {};
            return "whose body is " + internal::in_quotes(result.body);
          }};
}

inline Check BodyContains(std::string part) {
  const std::string shown = internal::in_quotes(part);
  return {"has a body with " + shown, "has a body without " + shown,
          [part = std::move(part)](const Result& result) -> std::string {
            if (result.body.find(part) != std::string::npos) return {};
            return "whose body is " + internal::in_quotes(result.body);
          }};
}

inline Check HasField(std::string name, std::string value) {
  const std::string shown = name + ": " + value;
  return {"has the field " + shown, "does not have the field " + shown,
          [name = std::move(name), value = std::move(value)](const Result& result) -> std::string {
            const std::string found = result.field(name);
            if (found == value) return {};
            return found.empty() ? "which has no field " + name
                                 : "whose field " + name + " is " + internal::in_quotes(found);
          }};
}

// The body is this JSON; the order of members and blanks do not count.
inline Check JsonBody(std::string json) {
  return {"has the JSON body " + json, "does not have the JSON body " + json,
          [json](const Result& result) -> std::string {
            const std::string differences = internal::host().json_differences(json, result.body);
            if (differences.empty()) return {};
            return "whose body differs:\n" + differences;
          }};
}

// The data went to that output, and was confirmed.
inline Check SentTo(std::string output, std::string data) {
  const std::string shown = internal::in_quotes(data) + " to " + internal::in_quotes(output);
  return {
      "sent " + shown, "did not send " + shown,
      [output = std::move(output), data = std::move(data)](const Result& result) -> std::string {
        for (const Sent& sent : result.sent) {
          if (sent.output == output && sent.data == data && !sent.failure) return {};
        }
        return internal::outputs_of(result);
      }};
}
// Something went to that output, and was confirmed.
inline Check SentTo(std::string output) {
  const std::string shown = "something to " + internal::in_quotes(output);
  return {"sent " + shown, "did not send " + shown,
          [output = std::move(output)](const Result& result) -> std::string {
            for (const Sent& sent : result.sent) {
              if (sent.output == output && !sent.failure) return {};
            }
            return internal::outputs_of(result);
          }};
}
inline Check SentNothing() {
  return {"sent nothing", "sent something", [](const Result& result) -> std::string {
            return result.sent.empty() ? std::string() : internal::outputs_of(result);
          }};
}

inline Check IsAcknowledged() {
  return {"is acknowledged", "is not acknowledged", [](const Result& result) -> std::string {
            if (result.acknowledgement == Acknowledgement::kAcknowledged) return {};
            std::string told = result.acknowledgement == Acknowledgement::kNone
                                   ? "which is the answer to a request, and no delivery"
                                   : "which is " + std::string(name_of(result.acknowledgement));
            if (result.refusal)
              told += ": " + std::string(code_name(result.refusal->code)) + ": " +
                      result.refusal->message;
            return told;
          }};
}

// The function threw, and the author's innermost line was this one. Line 0 stands for any.
inline Check ThrewAt(std::string file, int line) {
  const std::string shown = file + ":" + std::to_string(line);
  return {"threw at " + shown, "did not throw at " + shown,
          [file = std::move(file), line](const Result& result) -> std::string {
            if (!result.thrown) return "which threw nothing";
            if (internal::ends_with_file(result.thrown->file, file) &&
                (line == 0 || result.thrown->line == line))
              return {};
            if (result.thrown->line == 0)
              return "which threw " + result.thrown->type +
                     " at an unknown place: compile the test with -g";
            return "which threw " + result.thrown->type + " at " + result.thrown->file + ":" +
                   std::to_string(result.thrown->line);
          }};
}
inline Check Threw(std::string type) {
  return {"threw " + type, "did not throw " + type, [type](const Result& result) -> std::string {
            if (!result.thrown) return "which threw nothing";
            if (result.thrown->type == type) return {};
            return "which threw " + result.thrown->type + " " +
                   internal::in_quotes(result.thrown->what);
          }};
}

inline Check Logged(std::string part) {
  const std::string shown = internal::in_quotes(part);
  return {"logged a line with " + shown, "logged no line with " + shown,
          [part = std::move(part)](const Result& result) -> std::string {
            std::string told = result.log.empty() ? "which logged nothing" : "which logged:";
            for (const std::string& line : result.log) {
              if (line.find(part) != std::string::npos) return {};
              told += "\n  " + line;
            }
            return told;
          }};
}

// The answer is the one in the file testdata/snapshots/NAME.txt beside the test's source. Without the file it is written, and the test
// passes; if the variable CI is set, the test fails instead. With OFN_TEST_UPDATE=1 (`ff test --update`) it is written anew.
inline Check MatchesSnapshot(std::string name,
                             const std::source_location& place = std::source_location::current()) {
  return {"matches the snapshot " + name, "does not match the snapshot " + name,
          [name, source = std::string(place.file_name())](const Result& result) -> std::string {
            std::string text = std::to_string(result.status) + "\n";
            for (const Header& field : result.fields) {
              if (same_field_name(field.name, "content-type"))
                text += "content-type: " + field.value + "\n";
            }
            text += "\n" + result.body;
            for (const Sent& sent : result.sent)
              text += "\n--- sent to " + sent.output + "\n" + sent.data;
            return internal::host().snapshot_problem(source, name, text);
          }};
}

// NOLINTEND(readability-identifier-naming)

}  // namespace ofn::testing
