// Sends cases to a function that is deployed somewhere.
//
//   RemoteCases remote("https://shop.example", 1, 10);
//   const CaseRun run = remote.run(cases);
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/case_runs.h"
#include "cli/cases.h"

namespace ofn::cli {

class RemoteCases {
 public:
  // At most `at_a_time` requests are under way, and at most `per_second` begin in a second.
  RemoteCases(std::string url, std::size_t at_a_time, double per_second);

  // Errors: CaseRun::problem if the server cannot be reached, or if libcurl is missing. Blocks.
  CaseRun run(const std::vector<Case>& cases) const;

 private:
  std::string url_;  // without a slash at its end
  std::size_t at_a_time_;
  double per_second_;
};

}  // namespace ofn::cli
