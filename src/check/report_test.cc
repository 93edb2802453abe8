#include "check/report.h"

#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/finding.h"
#include "check/text.h"
#include "document/json.h"

namespace ofn::check {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Finding> one_finding(const Text& text, std::size_t begin, std::size_t end) {
  Findings findings;
  findings.add_fixable("OFN1002", {&text, begin, end}, "it is wrong", "correct it", "right");
  return std::move(findings).take();
}

TEST(Places, CountCharacters) {
  const Text text{.name = "a.json", .content = "{\n  \"ä\": \"日本\",\r\n}"};
  const std::size_t value = text.content.find("\"日");
  const Place place = place_of({&text, value, text.content.find(',')});
  EXPECT_EQ(
      place,
      (Place{.file = "a.json", .line = 2, .column = 8, .size = 4, .source = "  \"ä\": \"日本\","}));
  EXPECT_EQ(place_of({&text, 10000, 20000}).line, 3U);
  EXPECT_EQ(place_of(line_spot(text, 2)).column, 3U);
  EXPECT_EQ(place_of(line_spot(text, 0)).line, 1U);
  EXPECT_EQ(place_of(line_spot(text, 99)).line, 3U);
}

TEST(Places, DoNotShowWhatMayBeASecret) {
  struct Case {
    Hides hides;
    std::string_view line;
    std::string_view shown;
  };
  for (const Case& each : {
           Case{Hides::kVariables, "PASSWORD=secret", "PASSWORD=…"},
           Case{Hides::kVariables, "export TOKEN = secret # x", "export TOKEN =…"},
           Case{Hides::kVariables, "OFN_TIMEOUT=5", "OFN_TIMEOUT=5"},
           Case{Hides::kVariables, "OFN_TOKEN=5", "OFN_TOKEN=…"},
           Case{Hides::kVariables, "no equals sign, secret", "…"},
           Case{Hides::kVariables, "# a comment", "# a comment"},
           Case{Hides::kProperties, "- {name: key, value: secret}", "- {name: key, value:…"},
           Case{Hides::kProperties, "- name: key", "- name: key"},
           Case{Hides::kNothing, "value: x", "value: x"},
       }) {
    const Text text{.name = "x", .content = std::string(each.line), .hides = each.hides};
    EXPECT_EQ(place_of({&text, 0, 1}).source, each.shown);
  }
}

TEST(Report, ShowsTheLineAndMarksThePlace) {
  const Text text{.name = "a.json", .content = "{\n\t\"日本\": \"x\x1b[2J\",\n}"};
  const std::size_t value = text.content.find("\"x");
  const auto findings = one_finding(text, value, text.content.find(','));
  EXPECT_EQ(findings_text(findings, {.contexts = 1, .env_files = 2}, {}),
            "a.json:2:8: error: it is wrong [OFN1002]\n"
            "    2 |  \"日本\": \"x\\x1b[2J\",\n"
            "      |          ^~~~~~~~~~\n"
            "      = correct it; --fix corrects it\n"
            "1 error in 1 context, 2 files of variables; --fix corrects 1\n");
  EXPECT_THAT(findings_text(findings, {}, {.colours = true}), HasSubstr("\x1b[1;31merror:\x1b[0m"));
}

TEST(Report, CutsALongLineAroundThePlace) {
  const Text text{.name = "a", .content = std::string(300, 'a') + "HERE" + std::string(300, 'b')};
  const std::string shown = findings_text(one_finding(text, 300, 304), {}, {});
  EXPECT_THAT(
      shown, HasSubstr("    1 | …" + std::string(40, 'a') + "HERE" + std::string(56, 'b') + "…\n"));
  EXPECT_THAT(shown, HasSubstr("      | " + std::string(41, ' ') + "^~~~\n"));
}

TEST(Report, NothingIsWrong) {
  EXPECT_EQ(findings_text({}, {}, {}), "nothing wrong in no file of a function\n");
  EXPECT_EQ(findings_text({}, {.sources = 3, .manifests = 1}, {}),
            "nothing wrong in 3 source files, 1 manifest\n");
}

TEST(Report, JsonAndSarifHaveEveryFinding) {
  const Text text{.name = "my file.json", .content = "0123456789"};
  const Text variable{.name = "FUNC_CONTEXT", .content = "{", .is_file = false};
  Findings collected;
  collected.add_fixable("OFN1002", {&text, 2, 4}, "it is wrong", "correct it", "right");
  collected.add("OFN5001", {&text, 5, 5}, "too short", "make it longer", "grace-too-short");
  collected.add_fixable("OFN1001", {&variable, 0, 1}, "no", "yes", "not possible");
  const auto findings = std::move(collected).take();
  const std::string json = findings_json(findings, {.contexts = 1});
  ASSERT_TRUE(document::is_json(json)) << json;
  for (const std::string_view part :
       {R"("errors": 3)", R"("file": "my file.json")", R"("variable": "FUNC_CONTEXT")",
        R"("detail": "grace-too-short")", R"("fixable": true)", R"("column": 3)"}) {
    EXPECT_THAT(json, HasSubstr(part));
  }
  const std::string log = sarif(findings, "1.2.3");
  ASSERT_TRUE(document::is_json(log)) << log;
  for (const std::string_view part :
       {R"("uri": "my%20file.json")", R"("ruleId": "OFN5001/grace-too-short")",
        R"("name": "FUNC_CONTEXT")", R"("endColumn": 5)", R"("version": "1.2.3")"}) {
    EXPECT_THAT(log, HasSubstr(part));
  }
  EXPECT_THAT(log, Not(HasSubstr("not possible")));
}

TEST(Rules, HaveIdsInOrderAndNamesOfTheirOwn) {
  std::set<std::string_view> names;
  std::string_view before;
  for (const Rule& rule : rules()) {
    EXPECT_LT(before, rule.id);
    before = rule.id;
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_EQ(rule.id.size(), 7U);
    EXPECT_FALSE(rule.finds.empty());
  }
}

TEST(Rules, AreThoseOfThePage) {
  std::ifstream page(OFN_CHECK_PAGE);
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| OFN")) rows.push_back(line);
  }
  std::vector<std::string> wanted;
  for (const Rule& rule : rules()) {
    wanted.push_back("| " + std::string(rule.id) + " | `" + std::string(rule.name) + "` | " +
                     std::string(severity_name(rule.severity)) + " | " +
                     (rule.can_fix ? "yes" : "") + " | " + std::string(rule.finds) + " |");
  }
  EXPECT_EQ(rows, wanted);
}

}  // namespace
}  // namespace ofn::check
