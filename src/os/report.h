// The parts that all reports of this room share.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "os/fixed_line.h"
#include "os/process_state.h"
#include "os/symbols.h"

namespace ofn::os {

// The report of the first thread that has something to report. Another handler can write the part
// that is composed so far at any time.
struct Report {
  FixedLine line{process_state.line, process_state.shape};
  FixedText scratch{process_state.scratch};
};

std::int64_t unix_micros_now();
// Returns true if this thread is the first that has something to report. If not, sets `self` to true if this thread itself is in
// the middle of its report, and to false if another thread reports: then the caller should wait for the end of the process.
bool is_first_to_report(bool& self);
// Adds "function" and the ids of the call on this thread, "started_by" (the call that has started this thread, if no call
// runs on it), "in_flight" (the other calls), and "loading" (the file that is being loaded).
void add_calls(FixedLine& line, FixedText& scratch);
// Adds "stack". If the author reads the report and the stack has frames of the author's, adds only those, with "left_out" (the
// number of the others) and "source_line" (the text of the first one's line); in JSON also "source_lines", a line for each frame.
void add_stack(FixedLine& line, FixedText& scratch, std::span<const Frames::Frame> frames);
// Writes the line after the log's queued lines. Waits for them at most 200 ms.
void write_behind_log(std::string_view line);
// Tells a supervisor that the process is about to end: it need not wait for the report, which takes some time.
void give_notice();
// Writes the whole text with write(2), and waits if a non-blocking descriptor is full. Gives up after 1 s without progress, or at
// an error.
void write_all(int fd, std::string_view text);
// Ends the process at once: no handler and no destructor runs.
[[noreturn]] void end_at_once(int code);

}  // namespace ofn::os
