// The parts that all reports of this room have.
#pragma once

#include <cstdint>
#include <string_view>

#include "os/fixed_line.h"
#include "os/process_state.h"

namespace ofn::os {

// Of the first thread that has something to report. What it has composed by any moment can be written.
struct Report {
  FixedLine line{process_state.line, process_state.format};
  FixedText scratch{process_state.scratch};
};

std::int64_t unix_micros_now();
// This thread is the first that has something to report; one that is not waits for the end here, or (`self`: false) is in the
// middle of a report of its own.
bool is_first_to_report(bool& self);
// "function", "request_id" (of the call on this thread), "in_flight" (the others), the file while one is loaded.
void add_calls(FixedLine& line, FixedText& scratch);
// Behind what the log still has to write, for as long as that takes within reason.
void write_behind_log(std::string_view line);
// As write(2), all of it, also to a descriptor that does not block.
void write_all(int fd, std::string_view text);
// Ends the process; nothing runs any more.
[[noreturn]] void end_at_once(int code);

}  // namespace ofn::os
