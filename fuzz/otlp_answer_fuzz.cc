// Gives a collector's bytes to what reads answers, as each kind of answer, and to the writer of OTLP's JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "document/json.h"
#include "otlp/answers.h"
#include "otlp/json_text.h"
#include "otlp/protobuf_reader.h"

namespace {

using namespace ofn;
using namespace ofn::otlp;

void check(const Answer& answer) {
  // Escapes make a text up to four times as long.
  OFN_CHECK(answer.text.size() < 5 * kMaxAnswerText);
  if (answer.retry_after) OFN_CHECK(*answer.retry_after >= Duration::zero());
}

// All fields together have no more bytes than the message.
void check_fields(std::string_view bytes) {
  std::size_t total = 0;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) total += field->bytes.size() + 1;
  OFN_CHECK(total <= bytes.size());
  OFN_CHECK(!in.next());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_fields(bytes);
  for (const int status : {200, 400, 503}) {
    for (const std::string_view type : {"application/x-protobuf", "application/json", "text/plain"})
      check(
          read_http({.status = status, .content_type = type, .retry_after = bytes, .body = bytes}));
    check(read_http({.status = status, .content_type = bytes, .body = bytes}));
  }
  check(read_grpc({}, bytes));
  const std::string text(bytes);
  check(read_grpc({.code = Code::kResourceExhausted, .message = text, .details = text}, {}));
  for (const Signal signal : {Signal::kTraces, Signal::kMetrics})
    OFN_CHECK(document::is_json(to_otlp_json(signal, bytes)));
  return 0;
}
