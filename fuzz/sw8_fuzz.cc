// Gives a client's bytes to the readers of SkyWalking's headers. What they take is within its limits, and is read again as it was.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "skywalking/sw8.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ofn::skywalking;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto read = parse_sw8(bytes)) {
    OFN_CHECK(!read->trace_id.empty() && ofn::is_utf8(read->trace_id));
    const auto again = parse_sw8(to_sw8(*read));
    OFN_CHECK(again && again->segment_id == read->segment_id && again->span_id == read->span_id);
  }
  const auto entries = parse_correlation(bytes);
  OFN_CHECK(entries.size() <= kMaxEntries);
  for (const ofn::Header& entry : entries) OFN_CHECK(entry.value.size() <= kMaxEntryValue);
  OFN_CHECK(parse_correlation(to_correlation(entries)).size() == entries.size());
  return 0;
}
