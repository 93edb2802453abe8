// The expected answers that tests keep in files.
//
//   const std::string problem = snapshot_problem("/src/hello_test.cc", "greeting", "hello\n");
#pragma once

#include <string>
#include <string_view>

namespace ofn::kit {

// Compares the text with testdata/snapshots/NAME.txt beside the source file. Returns what differs; empty if nothing does. Without the file
// it is written; if the variable CI is set, that is a problem instead. If OFN_TEST_UPDATE is set, the file is always written.
std::string snapshot_problem(std::string_view source, std::string_view name, std::string_view text);

}  // namespace ofn::kit
