// gRPC's formats, and both ends of a call. The input has a few pieces, each preceded by its length
// (one byte); the last piece is the rest of the input.
//
// A value that was read must be the same after it is written and read again. A call must always get
// exactly one result, and a server must always answer.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "loop/loop.h"
#include "wire/grpc/channel.h"
#include "wire/grpc/codec.h"
#include "wire/grpc/compression.h"
#include "wire/grpc/server.h"
#include "wire/grpc/status.h"
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

void codecs(std::string_view text) {
  OFN_CHECK(grpc::percent_decode(grpc::percent_encode(text)) == text);
  grpc::percent_decode(text);
  grpc::parse_code(text);
  if (const auto timeout = grpc::parse_timeout(text))
    OFN_CHECK(grpc::parse_timeout(grpc::format_timeout(*timeout)) >= *timeout);
  const auto again = grpc::decode_binary(grpc::encode_binary(text));
  OFN_CHECK(again && again->size() == 1 && again->front() == text);
  if (const auto values = grpc::decode_binary(text)) {
    for (const std::string& value : *values)
      OFN_CHECK(grpc::decode_binary(grpc::encode_binary(value)) == std::vector{value});
  }
  if (const auto message = grpc::unframe(text, {.max_size = 100, .encoding = "gzip"}))
    OFN_CHECK(grpc::frame(*message) == text);
  for (const std::string_view encoding : {"gzip", "deflate"}) {
    const auto inflated = grpc::decompress(encoding, text, 1000);
    OFN_CHECK(!inflated || inflated->size() <= 1000);
  }
  OFN_CHECK(grpc::unframe(grpc::frame(text), {}) == text);
}

// A call with fields and a body from the input, as a server sees it.
class FuzzedExchange final : public Exchange {
 public:
  FuzzedExchange(Message message, Loop& loop, int& answers)
      : message_(message), loop_(loop), answers_(answers) {}
  const Message& request() const override { return message_; }
  bool hold(std::size_t /*bytes*/) override { return true; }
  void respond(Response&&, std::span<const Field>, std::span<const Field>) override { ++answers_; }
  void begin(Response, std::span<const Field>, std::function<void()>) override {}
  void write(std::string_view) override {}
  std::size_t unsent() const override { return 0; }
  void finish(std::span<const Field>) override {}
  void abort() override {}
  bool abandoned() const override { return false; }
  void on_abandoned(std::function<void()>) override {}
  Loop& loop() override { return loop_; }

 private:
  void release() override { delete this; }
  Message message_;
  Loop& loop_;
  int& answers_;
};

void serve(const std::vector<std::string_view>& pieces, std::string_view body, Loop& loop) {
  grpc::Server server({.max_message = 100});
  server.add("/m", [](std::unique_ptr<grpc::ServerCall> call) {
    call->binary_metadata("x-bin");
    const std::vector<Field> trailing(call->metadata().begin(), call->metadata().end());
    call->respond({}, call->request(), trailing);
  });
  const std::vector<Field> fields = {{"content-type", "application/grpc"},
                                     {"grpc-timeout", pieces[0]},
                                     {"grpc-encoding", pieces[1]},
                                     {"x-bin", pieces[2]}};
  const std::span<const Field> all(fields);
  int answers = 0;
  int calls = 0;
  for (const auto& some : {all, all.first(1), all.subspan(0, 3)}) {
    ++calls;
    Message message;
    message.method = "POST";
    message.target = "/m";
    message.fields = some;
    message.body = body;
    message.version = Version::kHttp2;
    server.handle(ExchangePtr(new FuzzedExchange(message, loop, answers)));
    loop.run_ready();
  }
  OFN_CHECK(answers == calls);
}

// A server that answers with a status, fields and a body from the input.
class FuzzedPeer final : public Handler {
 public:
  FuzzedPeer(const std::vector<std::string_view>& pieces, std::string_view body)
      : pieces_(pieces), body_(body) {}
  void handle(ExchangePtr exchange) override {
    const auto clean = [](std::string_view text) {
      std::string value;
      for (const char c : text) value += c > ' ' && c <= '~' ? c : '%';
      return value;
    };
    const std::string status = clean(pieces_[0]);
    const std::string message = clean(pieces_[1]);
    const std::string details = clean(pieces_[2]);
    const std::vector<Field> trailers = {
        {"grpc-status", status}, {"grpc-message", message}, {"grpc-status-details-bin", details}};
    Response response{std::string(body_)};
    response.content_type("application/grpc");
    const bool plain = status.size() > 2;
    if (plain) response.status(200 + status[0] * 3 % 400);
    exchange->respond(std::move(response), {},
                      plain ? std::span<const Field>() : std::span(trailers));
  }

 private:
  const std::vector<std::string_view>& pieces_;
  std::string_view body_;
};

class MemoryLink final : public grpc::Link {
 public:
  MemoryLink(Loop& loop, std::unique_ptr<MemoryTransport>& client) : loop_(loop), client_(client) {}
  void start(std::unique_ptr<Session> session, std::function<void()>) override {
    client_ = std::make_unique<MemoryTransport>(loop_, std::move(session));
  }
  void close() override {}

 private:
  Loop& loop_;
  std::unique_ptr<MemoryTransport>& client_;
};

void call(const std::vector<std::string_view>& pieces, std::string_view body, Loop& loop) {
  FuzzedPeer handler(pieces, body);
  const Limits limits;
  MemoryTransport server(loop, http2::make_server_session(handler, limits));
  std::unique_ptr<MemoryTransport> client;
  int results = 0;
  {
    grpc::Channel channel(loop,
                          [&](Deadline, grpc::LinkMade made) {
                            loop.post([&, done = std::move(made)]() mutable {
                              done(std::make_unique<MemoryLink>(loop, client));
                            });
                            return std::make_unique<Dialing>();
                          },
                          {.max_message = 100});
    channel.call("/m", "request", {}, [&](const grpc::CallResult& result) {
      ++results;
      OFN_CHECK(result.status.ok() || result.message.empty());
    });
    while (loop.poll()) {
    }
    join(*client, server);
    OFN_CHECK(results == 1);
    client.reset();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  codecs(rest);
  constexpr std::size_t kPieces = 3;
  std::vector<std::string_view> pieces;
  while (pieces.size() < kPieces) {
    const std::size_t length = rest.empty() ? 0 : static_cast<unsigned char>(rest.front());
    if (!rest.empty()) rest.remove_prefix(1);
    pieces.push_back(rest.substr(0, length));
    rest.remove_prefix(pieces.back().size());
    codecs(pieces.back());
  }
  codecs(rest);
  const StillClock clock;
  Loop loop(clock);
  serve(pieces, rest, loop);
  call(pieces, rest, loop);
  return 0;
}
