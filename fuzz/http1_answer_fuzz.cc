// Gives a server's bytes to an HTTP/1.1 client that has sent a request. The input's first byte says how the rest is split. The
// outcome must be the same for every split.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "testing/manual_clock.h"
#include "wire/http1/client_session.h"
#include "wire/memory_transport_for_test.h"

namespace {

using ofn::Field;
using ofn::wire::Limits;
using ofn::wire::MemoryTransport;
using ofn::wire::http1::ClientOutcome;
using ofn::wire::http1::ClientSession;

std::string shown(const Limits& limits, const ClientOutcome& outcome) {
  if (!outcome) return outcome.error().error.message();
  OFN_CHECK(outcome->status >= 200 && outcome->status <= 599);
  OFN_CHECK(outcome->body.size() <= limits.body_bytes);
  OFN_CHECK(outcome->fields.size() <= limits.head_fields);
  std::string text = std::to_string(outcome->status) + '\n';
  // How much of a chunk that is too large was taken depends on the split.
  text += outcome->is_cut ? "cut" : outcome->body;
  for (const Field& field : outcome->fields)
    text += '\n' + std::string(field.name) + ':' + std::string(field.value);
  return text;
}

// Everything that must not depend on the split, as text.
std::string outcome(const Limits& limits, std::string_view bytes, std::size_t stride) {
  const ofn::testing::ManualClock clock;
  ofn::Loop loop(clock);
  std::string result = "nothing";
  auto session = std::make_unique<ClientSession>(limits);
  ClientSession& client = *session;
  MemoryTransport transport(loop, std::move(session));
  client.send({.authority = "host", .target = "/"}, "body",
              [&](const ClientOutcome& ended) { result = shown(limits, ended); });
  transport.take();
  for (std::size_t begin = 0; begin < bytes.size() && client.wants_input(); begin += stride) {
    const std::string_view piece = bytes.substr(begin, stride);
    const auto buffer = std::make_unique<char[]>(piece.size());
    piece.copy(buffer.get(), piece.size());
    transport.feed({buffer.get(), piece.size()});
  }
  if (client.wants_input()) transport.end_input();
  ofn::testing::settle(loop);
  OFN_CHECK(result != "nothing");
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  Limits limits;
  limits.head_bytes = 512;
  limits.head_fields = 8;
  limits.body_bytes = 64;
  limits.trailer_bytes = 128;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = outcome(limits, bytes, bytes.size());
  OFN_CHECK(outcome(limits, bytes, 1) == whole);
  OFN_CHECK(outcome(limits, bytes, data[0] + std::size_t{2}) == whole);
  return 0;
}
