// The last answer of a connection that ends says so, however the requests before it were cut and answered.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/session_bench_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;

const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";

struct Pipeline {
  std::string_view name;
  std::vector<std::string> requests;  // each may begin with one empty line
  std::string_view behind = "";       // the last of them
  std::string all() const {
    std::string bytes;
    for (const std::string& each : requests) bytes += each;
    return bytes + std::string(behind);
  }
  // How many are served if the session has to end when `size` bytes have been read, and the rest comes afterwards in one piece.
  std::size_t served(std::size_t size) const {
    std::size_t count = 0;
    std::size_t end = 0;
    for (const std::string& each : requests) {
      const std::size_t begin = end + (each.starts_with("\r\n") ? 2 : 0);
      end += each.size();
      if (size <= begin) return count;
      ++count;
      // The rest of this request is awaited, and the others come with it.
      if (size < end) return requests.size();
    }
    return count;
  }
};

const std::vector<Pipeline> kPipelines = {
    {"one", {kGet}},
    {"two", {kGet, kGet}},
    {"three", {kGet, kPost, kGet}},
    {"bodies last", {kPost, kChunked}},
    {"a chunked body first", {kChunked, kGet}},
    {"empty lines between", {kGet, "\r\n" + kGet, "\r\n" + kPost}},
    {"an empty line last", {kGet, kGet}, "\r\n"},
};

std::string answers(std::size_t count, std::string_view body) {
  std::string all;
  for (std::size_t i = 1; i < count; ++i) all += answer("200 OK", body);
  return count == 0 ? all : all + answer("200 OK", body, "Connection: close\r\n");
}

// The session has to end when `cut` bytes have been read. The rest comes afterwards.
using Serve = void (*)(Bench& bench, std::string_view bytes, std::size_t cut);
struct Way {
  std::string_view name;
  std::size_t before;  // requests that are served besides the pipelined ones
  Serve serve;
};

// The handler answers the first request later. It answers the others at once, from what has been read ahead.
void serve_later(Bench& bench, std::string_view bytes, std::size_t cut,
                 const std::function<void()>& ends) {
  bench.handler.keeps = true;
  bench.send(kGet);
  bench.send(bytes.substr(0, cut));
  ends();
  bench.pump();
  bench.handler.keeps = false;
  ASSERT_EQ(bench.handler.kept.size(), 1U);
  bench.handler.kept.front()->respond(Response(bench.handler.answer));
  bench.handler.kept.clear();
  bench.pump();
  bench.send(bytes.substr(cut));
}

const std::vector<Way> kWays = {
    {"drains, read ahead", 1,
     [](Bench& bench, std::string_view bytes, std::size_t cut) {
       serve_later(bench, bytes, cut, [&] { bench.session().drain(); });
     }},
    {"retires, read ahead", 1,
     [](Bench& bench, std::string_view bytes, std::size_t cut) {
       serve_later(bench, bytes, cut, [&] { bench.session().retire(); });
     }},
    {"retires, then reads all at once", 0,
     [](Bench& bench, std::string_view bytes, std::size_t cut) {
       bench.session().retire();
       bench.send(bytes.substr(0, cut));
       bench.send(bytes.substr(cut));
     }},
};

TEST(Http1LastAnswer, SaysThatItIsTheLastHoweverTheRequestsAreCut) {
  for (const Way& way : kWays) {
    for (const Pipeline& pipeline : kPipelines) {
      for (const std::string& body : {std::string("ok\n"), std::string(70'000, 'x')}) {
        const std::string bytes = pipeline.all();
        for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
          Bench bench;
          bench.handler.answer = body;
          way.serve(bench, bytes, cut);
          std::size_t served = way.before + pipeline.served(cut);
          // An idle session that retires serves what comes first.
          if (served == 0) served = pipeline.requests.size();
          ASSERT_TRUE(bench.take() == answers(served, body))
              << way.name << ", " << pipeline.name << ", " << body.size() << " bytes, cut at "
              << cut << ": " << bench.handler.seen.size() << " of " << served << " were served";
          ASSERT_EQ(bench.handler.seen.size(), served) << way.name << ", " << pipeline.name;
          ASSERT_EQ(bench.session().ending(), Ending::kLinger) << way.name << ", " << pipeline.name;
        }
      }
    }
  }
}

// The client has closed its direction behind whole requests.
TEST(Http1LastAnswer, SaysThatItIsTheLastIfTheClientSendsNoMore) {
  for (const Pipeline& pipeline : kPipelines) {
    Bench bench;
    const std::string bytes = pipeline.all();
    serve_later(bench, bytes, bytes.size(), [&] { bench.end_input(); });
    EXPECT_EQ(bench.take(), answers(1 + pipeline.requests.size(), "ok\n")) << pipeline.name;
    EXPECT_EQ(bench.session().ending(), Ending::kLinger) << pipeline.name;
  }
}

// The bytes that the session has read ahead belong to the unfinished body, so the session cannot tell whether a request follows.
TEST(Http1LastAnswer, SaysThatItIsTheLastIfItBeginsBeforeTheBodyEnds) {
  Bench bench;
  bench.handler.keeps = bench.handler.pieces = true;
  const std::string body(kPieceBytes + 1000, 'b');
  bench.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body);
  ASSERT_EQ(bench.handler.kept.size(), 1U);
  Exchange& exchange = *bench.handler.kept.front();
  bench.session().drain();
  exchange.begin(Response(), {}, {});
  std::string read;
  for (std::string piece; read.size() < body.size(); piece.clear()) {
    exchange.take_piece(piece);
    read += piece;
    bench.pump();
  }
  exchange.finish({});
  bench.pump();
  const std::string written = bench.take();
  EXPECT_NE(written.find("\r\nConnection: close\r\n"), std::string::npos) << written;
  EXPECT_EQ(bench.session().ending(), Ending::kLinger);
}

}  // namespace
}  // namespace ofn::wire::http1
