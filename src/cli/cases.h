// Requests for a function, each with what its answer must be: made up by `test --fuzz`, saved in files, and sent by `test --against`.
//
//   Case one{.name = "no count", .method = "POST", .path = "/", .body = "{}", .expected = {.status = 400, .pointer = "/count"}};
//   if (const std::string problem = problem_of(one.expected, answer); !problem.empty()) say(problem);
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "document/node.h"

namespace ofn::cli {

struct CaseAnswer {
  int status = 0;
  std::string body{};
};

// What an answer must be; what is not set may be anything.
struct Expected {
  std::optional<int> status{};
  std::optional<int> below{};    // the status is below it
  std::vector<int> or_one_of{};  // or one of these, which the function declares
  std::optional<std::string>
      pointer{};  // an RFC 9457 body names this mistake: "/count"; "" is the whole body
  std::optional<document::Node> json{};  // the body
};

struct Case {
  std::string name;  // of its file, without ".json"
  std::string method = "POST";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};
  Expected expected{};
  // For people.
  std::string about{};  // "/count: too small"
  std::string found{};  // what went wrong when it was saved
};

// Returns how the answer differs from what is expected; empty if it does not.
std::string problem_of(const Expected& expected, const CaseAnswer& answer);

// As in a file. A body that is JSON is a value there.
document::Node node_of(const Case& one);
// Errors: a member is missing or has another type; the message names it.
Result<Case> case_of(const document::Node& node, std::string name);

// The folder of the cases: testdata/cases beside the function.
std::filesystem::path folder_of_cases(const std::filesystem::path& folder);
// Returns the cases of the folder, by name. Errors: a file that is no case; the message names it. No folder: none.
Result<std::vector<Case>> read_cases(const std::filesystem::path& folder);
// Writes the file NAME.json. Errors: the folder cannot be written to.
Result<void> save_case(const std::filesystem::path& folder, const Case& one);
// Returns a name that depends only on the request: "order-1a2b3c4d".
std::string name_of(const Case& one);

}  // namespace ofn::cli
