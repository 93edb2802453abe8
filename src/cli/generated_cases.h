// Makes cases of a program's OpenAPI document: for `test --fuzz`.
//
//   GeneratedCases cases(openapi, 42);
//   if (cases.operations() > 0) say(cases.at(17).body);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/cases.h"
#include "document/node.h"

namespace ofn::cli {

// A value that depends on the document, the seed and the number only.
// Half of the cases fit the schema: their answers must be below 500. Half have a mistake: their answers must be 400, and name it.
class GeneratedCases {
 public:
  GeneratedCases(document::Node openapi, std::uint64_t seed);

  // How many operations take JSON.
  std::size_t operations() const { return operations_.size(); }
  // The case of that number; they take turns at the operations.
  Case at(std::size_t number) const;

 private:
  struct Operation {
    std::string method;
    std::string path;  // with places to fill in: "/users/{id}"
    document::Node parameters;
    document::Node schema;
    std::vector<int> failures;  // statuses of 500 and above that it declares
  };

  document::Node openapi_;
  std::uint64_t seed_;
  std::vector<Operation> operations_;
};

// Returns smaller cases that may fail in the same way.
std::vector<Case> smaller_cases(const Case& one);

}  // namespace ofn::cli
