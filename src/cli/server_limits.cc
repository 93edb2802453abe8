#include "cli/server_limits.h"

#include <algorithm>

#include "os/memory_limits.h"

namespace ofn::cli {

wire::Limits limits_of(const Settings& settings) {
  wire::Limits limits;
  limits.head_bytes = settings.max_header_bytes;
  limits.head_fields = settings.max_header_fields;
  limits.trailer_bytes = settings.max_header_bytes;
  limits.body_bytes = settings.max_body_size;
  limits.head_timeout = settings.head_timeout;
  limits.body_timeout = settings.body_timeout;
  limits.idle_timeout = settings.idle_timeout;
  limits.write_timeout = settings.slow_reader_timeout;
  return limits;
}

std::size_t memory_of(const Settings& settings) {
  if (settings.max_body_memory != 0) return settings.max_body_memory;
  return std::max(os::usable_memory(os::memory_limits(), os::mapped_memory()) / 4,
                  2 * settings.max_body_size);
}

}  // namespace ofn::cli
