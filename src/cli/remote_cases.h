// Sends cases to a function that is deployed somewhere.
//
//   RemoteCases remote({.url = "https://shop.example"});
//   const CaseRun run = remote.run(cases);
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "cli/case_runs.h"
#include "cli/cases.h"

namespace ofn::cli {

class RemoteCases {
 public:
  struct Options {
    std::string url;
    std::size_t at_a_time = 1;         // requests that are under way, at most
    double per_second = 10;            // requests that begin, at most
    std::chrono::seconds timeout{60};  // of a request; 0: none
  };
  explicit RemoteCases(Options options);

  // After 20 requests without an answer the rest is not sent.
  // Errors: CaseRun::problem if the server cannot be reached, or if libcurl is missing. Blocks.
  CaseRun run(const std::vector<Case>& cases) const;

 private:
  Options options_;  // the URL without a slash at its end
};

}  // namespace ofn::cli
