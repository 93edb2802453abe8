// Reads the field Accept of a scraper, and a traceparent. The result must not depend on spaces behind commas, and an exemplar must
// show the ids that the traceparent names.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/span_context.h"
#include "metrics/accept.h"
#include "metrics/buckets.h"
#include "metrics/histogram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ofn::metrics;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  std::string spaced;
  for (const char c : input) {
    spaced += c;
    if (c == ',') spaced += ' ';
  }
  OFN_CHECK(accepted_format(input) == accepted_format(spaced));
  OFN_CHECK(!content_type(accepted_format(input)).empty());
  const auto span = ofn::SpanContext::parse(input);
  if (!span || !span->sampled()) return 0;
  Exemplars kept(TimeBuckets::layout());
  kept.keep(0, *span, 7, {});
  const auto exemplar = kept.read(0);
  OFN_CHECK(exemplar && exemplar->trace_id == input.substr(3, 32));
  OFN_CHECK(exemplar->span_id == input.substr(36, 16) && exemplar->value == 7);
  return 0;
}
