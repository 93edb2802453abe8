// What the tasks of a loop's calls wait for, beside the call's own Context and Writer.
#pragma once

#include <cstddef>

#include "invocation/http_port.h"
#include "loop/descriptor_waits.h"
#include "loop/workers.h"

namespace ofn {

// Lifetime: everything outlives the calls. Null: there is none.
struct AwaitServices {
  DescriptorWaits* descriptors = nullptr;  // the loop's
  Workers* workers = nullptr;
  HttpPort* http = nullptr;
  // Counts the waits that something outside the loop ends, without those for HTTP: who counts answers them. Null: nobody asks.
  std::size_t* outside = nullptr;
};

}  // namespace ofn
