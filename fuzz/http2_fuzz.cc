// Gives arbitrary bytes from a peer to both ends of an HTTP/2 connection. The first byte says which
// end reads them, and how they are split. A server gets a whole preface first.
//
// For all bytes: nothing crashes, every exchange and every request ends, and the handler gets the
// same requests for every split.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "wire/http2/client_session.h"
#include "wire/http2/server_session.h"
#include "wire/memory_transport_for_test.h"

namespace {

using namespace ofn;
using namespace ofn::wire;

class StillClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime(std::chrono::hours(1)); }
  SystemTime system_now() const override { return SystemTime(std::chrono::hours(1)); }
};

// Answers each request with its body. Keeps the exchanges of /k unanswered until the end.
class EchoHandler final : public Handler {
 public:
  void handle(ExchangePtr exchange) override {
    const Message& request = exchange->request();
    seen.append(request.method).append(" ").append(request.target).append("\n");
    for (const auto& fields : {request.fields, request.trailers}) {
      for (const Field& field : fields)
        seen.append(field.name).append("=").append(field.value).append("\n");
    }
    seen.append(request.body).append("\n");
    if (request.target == "/k") {
      kept.push_back(std::move(exchange));
    } else {
      exchange->respond(Response(std::string(request.body)));
    }
  }
  std::string seen;
  std::vector<ExchangePtr> kept;
};

std::string serve(std::string_view bytes, std::size_t piece) {
  constexpr std::string_view kPreface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  const StillClock clock;
  Loop loop(clock);
  const Limits limits{.body_bytes = 1000};
  EchoHandler handler;
  {
    MemoryTransport server(loop, http2::make_server_session(handler, limits));
    server.feed(kPreface);
    while (!bytes.empty() && server.session().wants_input()) {
      const std::string_view part = bytes.substr(0, piece);
      server.feed(part);
      bytes.remove_prefix(part.size());
      // Nothing is written between two reads: a write decides when a stream closes, so the result
      // would depend on the split.
    }
    server.take();
    server.session().drain();
    server.take();
  }
  handler.kept.clear();
  return handler.seen;
}

void call(std::string_view bytes, std::size_t piece) {
  const StillClock clock;
  Loop loop(clock);
  int outcomes = 0;
  constexpr int kRequests = 3;
  {
    auto session = std::make_unique<http2::ClientSession>(
        http2::ClientOptions{.max_body = 1000, .max_head = 1000}, [] {});
    http2::ClientSession& client = *session;
    MemoryTransport peer(loop, std::move(session));
    for (int i = 0; i < kRequests; ++i)
      client.send({.authority = "h", .path = "/"}, "body",
                  [&](const http2::ClientOutcome&) { ++outcomes; });
    peer.take();
    peer.feed(bytes, piece);
    loop.run_ready();
    peer.take();
  }
  loop.run_ready();
  OFN_CHECK(outcomes == kRequests);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr std::uint8_t kClient = 0x80;
  const std::size_t piece = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  if ((data[0] & kClient) != 0) {
    call(bytes, piece);
  } else {
    OFN_CHECK(serve(bytes, piece) == serve(bytes, std::string_view::npos));
  }
  return 0;
}
