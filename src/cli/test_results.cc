#include "cli/test_results.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cli/json_result.h"
#include "document/json.h"
#include "document/slices.h"

namespace ofn::cli {

namespace {

using document::Node;

constexpr std::string_view name_of(TestOutcome outcome) {
  switch (outcome) {
    case TestOutcome::kPassed:
      return "passed";
    case TestOutcome::kFailed:
      return "failed";
    case TestOutcome::kSkipped:
      return "skipped";
    case TestOutcome::kCrashed:
      break;
  }
  return "crashed";
}

long number_of(const Node& node, std::string_view name) {
  const Node* const found = node.find(name);
  long number = 0;
  if (found != nullptr)
    std::from_chars(found->text().data(), found->text().data() + found->text().size(), number);
  return number;
}

// The name of the folder in which a test lies says nothing to who runs it there.
std::string place_of(const std::string& file, int line) {
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(line);
}

std::string indented(std::string_view text) {
  std::string result = "    ";
  for (const char c : text) {
    result += c;
    if (c == '\n') result += "    ";
  }
  while (!result.empty() && (result.back() == ' ' || result.back() == '\n')) result.pop_back();
  return result + "\n";
}

// Returns the text with only the characters that XML 1.0 has, and with references for those that it uses.
std::string in_xml(std::string_view text) {
  std::string xml;
  for (const char c : text) {
    switch (c) {
      case '<':
        xml += "&lt;";
        break;
      case '>':
        xml += "&gt;";
        break;
      case '&':
        xml += "&amp;";
        break;
      case '"':
        xml += "&quot;";
        break;
      case '\n':
        xml += "&#10;";
        break;
      default:
        xml += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return xml;
}

std::string seconds_of(long milliseconds) {
  const std::string rest = std::to_string(1000 + milliseconds % 1000);
  return std::to_string(milliseconds / 1000) + "." + rest.substr(1);
}

std::string all_of(const TestResult& test) {
  std::string text = test.output;
  for (const TestFailure& failure : test.failures)
    text += place_of(failure.file, failure.line) + "\n" + failure.message + "\n";
  return text;
}

}  // namespace

std::size_t TestResults::count(TestOutcome outcome) const {
  return static_cast<std::size_t>(std::ranges::count(tests, outcome, &TestResult::outcome));
}

bool TestResults::is_success() const {
  return end.empty() && count(TestOutcome::kPassed) > 0 && count(TestOutcome::kFailed) == 0 &&
         count(TestOutcome::kCrashed) == 0;
}

std::string TestResults::text(std::string_view seconds) const {
  std::string text = coverage ? coverage->text() + "\n" : "";
  for (const TestResult& test : tests) {
    if (test.outcome == TestOutcome::kPassed) continue;
    text += test.name + " " + std::string(name_of(test.outcome)) + "\n";
    for (const TestFailure& failure : test.failures) {
      text += "  " + place_of(failure.file, failure.line) + "\n" + indented(failure.message);
    }
    if (!test.output.empty()) text += indented(test.output);
    text += "\n";
  }
  if (!end.empty()) text += "at the end of the tests\n" + indented(end) + "\n";
  const std::size_t failed = count(TestOutcome::kFailed);
  const std::size_t crashed = count(TestOutcome::kCrashed);
  const std::size_t skipped = count(TestOutcome::kSkipped);
  text += std::to_string(tests.size()) + (tests.size() == 1 ? " test: " : " tests: ") +
          std::to_string(count(TestOutcome::kPassed)) + " passed";
  if (failed > 0) text += ", " + std::to_string(failed) + " failed";
  if (crashed > 0) text += ", " + std::to_string(crashed) + " crashed";
  if (skipped > 0) text += ", " + std::to_string(skipped) + " skipped";
  return text + " (" + std::string(seconds) + ")\n";
}

std::string TestResults::json() const {
  Node list = Node::list();
  for (const TestResult& test : tests) {
    Node failures = Node::list();
    for (const TestFailure& failure : test.failures)
      failures.add(Node::object({{"file", failure.file},
                                 {"line", Node::number(failure.line)},
                                 {"message", failure.message}}));
    Node one = Node::object({{"name", test.name},
                             {"file", test.file},
                             {"line", Node::number(test.line)},
                             {"outcome", name_of(test.outcome)},
                             {"milliseconds", Node::number(test.milliseconds)}});
    one.set("failures", std::move(failures));
    if (!test.output.empty()) one.set("output", test.output);
    list.add(std::move(one));
  }
  Node all = result_of("test", {{"passed", Node::number(count(TestOutcome::kPassed))},
                                {"failed", Node::number(count(TestOutcome::kFailed))},
                                {"crashed", Node::number(count(TestOutcome::kCrashed))},
                                {"skipped", Node::number(count(TestOutcome::kSkipped))}});
  all.set("tests", std::move(list));
  if (!end.empty()) all.set("end", end);
  if (coverage) all.set("coverage", coverage->json());
  return document::with_unicode_repaired(document::to_json(all)) + "\n";
}

std::string TestResults::junit() const {
  const std::size_t failed = count(TestOutcome::kFailed);
  const std::size_t crashed = count(TestOutcome::kCrashed) + (end.empty() ? 0 : 1);
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"function\" "
      "tests=\"" +
      std::to_string(tests.size()) + "\" failures=\"" + std::to_string(failed) + "\" errors=\"" +
      std::to_string(crashed) + "\" skipped=\"" + std::to_string(count(TestOutcome::kSkipped)) +
      "\">\n";
  for (const TestResult& test : tests) {
    const std::size_t dot = test.name.find('.');
    text += "<testcase classname=\"" + in_xml(test.name.substr(0, dot)) + "\" name=\"" +
            in_xml(dot == std::string::npos ? test.name : test.name.substr(dot + 1)) +
            "\" file=\"" + in_xml(test.file) + "\" line=\"" + std::to_string(test.line) +
            "\" time=\"" + seconds_of(test.milliseconds) + "\"";
    if (test.outcome == TestOutcome::kPassed) {
      text += "/>\n";
      continue;
    }
    text += ">";
    if (test.outcome == TestOutcome::kSkipped) {
      text += "<skipped/>";
    } else {
      const std::string element = test.outcome == TestOutcome::kFailed ? "failure" : "error";
      const std::string message = test.failures.empty() ? std::string(name_of(test.outcome))
                                                        : test.failures.front().message;
      text += "<" + element + " message=\"" + in_xml(message) + "\">" + in_xml(all_of(test)) +
              "</" + element + ">";
    }
    text += "</testcase>\n";
  }
  if (!end.empty())
    text += R"(<testcase classname="program" name="end"><error>)" + in_xml(end) +
            "</error></testcase>\n";
  return document::with_unicode_repaired(text) + "</testsuite>\n</testsuites>\n";
}

bool read_report(std::string_view report, TestResults& results) {
  bool has_ended = true;
  while (!report.empty()) {
    const std::string_view line = report.substr(0, report.find('\n'));
    report.remove_prefix(std::min(report.size(), line.size() + 1));
    const auto node = document::json_value(document::with_unicode_repaired(line));
    if (!node) continue;  // the process ended while it wrote the line
    const std::string_view what = node->find_text("what");
    if (what == "begin") {
      results.tests.push_back({.name = std::string(node->find_text("test")),
                               .file = std::string(node->find_text("file")),
                               .line = static_cast<int>(number_of(*node, "line"))});
      has_ended = false;
    } else if (!has_ended && what == "end") {
      TestResult& test = results.tests.back();
      test.milliseconds = number_of(*node, "milliseconds");
      if (test.outcome == TestOutcome::kCrashed)
        test.outcome = test.failures.empty() ? TestOutcome::kPassed : TestOutcome::kFailed;
      has_ended = true;
    } else if (what == "hang") {
      const std::string stack(node->find_text("stack"));
      const std::string words = "did not end within " +
                                std::to_string(number_of(*node, "seconds")) + " s" +
                                (stack.empty() ? "" : "; it is in " + stack);
      if (has_ended) {
        results.end = words;
        continue;
      }
      TestResult& test = results.tests.back();
      test.outcome = TestOutcome::kFailed;
      test.milliseconds = 1000 * number_of(*node, "seconds");
      test.failures.push_back({.file = test.file, .line = test.line, .message = words});
    } else if (!has_ended && what == "skip") {
      results.tests.back().outcome = TestOutcome::kSkipped;
    } else if (!has_ended && what == "failure") {
      results.tests.back().failures.push_back({.file = std::string(node->find_text("file")),
                                               .line = static_cast<int>(number_of(*node, "line")),
                                               .message = std::string(node->find_text("message"))});
    }
  }
  return has_ended;
}

}  // namespace ofn::cli
