// Makes the destination that the settings ask for.
//
//   auto destination = make_destination(loop, Signal::kTraces, settings.traces.target);
//   if (!destination) return complain(destination.error().message());
//   Exporter exporter(loop, *std::move(destination), {.signal = "traces"}, log);
#pragma once

#include <memory>

#include "base/error.h"
#include "loop/loop.h"
#include "otlp/destination.h"
#include "otlp/settings.h"

namespace ofn::otlp {

// `http://` is sent by the loop itself, `https://` by libcurl on another thread. text_destination.h is for exporter `console`.
// Errors: kFailedPrecondition, if an https:// endpoint needs libcurl and it is not installed.
Result<std::unique_ptr<Destination>> make_destination(Loop& loop, Signal signal,
                                                      const Target& target);

}  // namespace ofn::otlp
