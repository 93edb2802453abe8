// An Exchange without a connection, for tests of handlers: it keeps its answer, and its client goes
// away when the test says so.
//
//   FakeAnswer answer;
//   auto* exchange = new FakeExchange(loop, answer, {.target = "/a"});
//   handler.handle(ExchangePtr(exchange));
//   exchange->abandon();
//   EXPECT_EQ(answer.status, 200);
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/field.h>
#include <ofn/response.h>

#include "loop/loop.h"
#include "wire/exchange.h"

namespace ofn::wire {

struct FakeRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<Field> fields{};
  std::string body{};
  bool in_pieces = false;  // the body comes by FakeExchange::bring()
  std::optional<std::uint64_t> content_length{};
};

// What the client of a FakeExchange got.
struct FakeAnswer {
  int count = 0;
  int status = 0;
  std::string body{};
  std::map<std::string, std::string> fields{};
  bool released = false;
  bool aborted = false;
};

// Lifetime: the handler's release destroys it; the answer outlives it.
class FakeExchange final : public Exchange {
 public:
  FakeExchange(Loop& loop, FakeAnswer& answer, FakeRequest request)
      : loop_(loop), answer_(answer), request_(std::move(request)) {
    message_.method = request_.method;
    message_.target = request_.target;
    message_.fields = request_.fields;
    message_.body = request_.body;
    message_.peer = "127.0.0.1:1";
    message_.in_pieces = request_.in_pieces;
    message_.content_length = request_.content_length;
  }
  ~FakeExchange() override { answer_.released = true; }

  const Message& request() const override { return message_; }
  bool hold(std::size_t /*bytes*/) override { return true; }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> /*trailers*/) override {
    ++answer_.count;
    answer_.status = response.status();
    for (const Header& header : response.headers()) answer_.fields[header.name] = header.value;
    for (const Field& field : extra) answer_.fields[std::string(field.name)] = field.value;
    answer_.body = std::move(response).body();
  }
  void begin(Response head, std::span<const Field> extra,
             std::function<void()> /*on_room*/) override {
    respond(std::move(head), extra, {});
  }
  void write(std::string_view bytes) override { answer_.body += bytes; }
  std::size_t unsent() const override { return 0; }
  void finish(std::span<const Field> trailers) override {
    for (const Field& field : trailers) answer_.fields[std::string(field.name)] = field.value;
  }
  void abort() override { answer_.aborted = true; }
  bool abandoned() const override { return abandoned_; }
  void on_abandoned(std::function<void()> callback) override { callback_ = std::move(callback); }
  Loop& loop() override { return loop_; }
  void on_piece(std::function<void()> on_piece) override { on_piece_ = std::move(on_piece); }
  BodyProgress take_piece(std::string& piece) override {
    piece.swap(pieces_);
    pieces_.clear();
    return progress_;
  }
  void want_piece() override { ++wanted_; }

  // More of a body in pieces comes, or why none will.
  void bring(std::string_view bytes, BodyProgress progress) {
    pieces_ += bytes;
    progress_ = progress;
    if (on_piece_) on_piece_();
  }
  // How often the handler wanted more than had come.
  int wanted() const { return wanted_; }

  // The client goes away.
  void abandon() {
    abandoned_ = true;
    if (progress_ == BodyProgress::kMore) progress_ = BodyProgress::kLeft;
    finish_sending();
  }
  // The client closes its direction, and may still read.
  void finish_sending() {
    if (const auto callback = std::exchange(callback_, nullptr)) callback();
  }

 private:
  void release() override { delete this; }

  Loop& loop_;
  FakeAnswer& answer_;
  FakeRequest request_;
  Message message_;
  bool abandoned_ = false;
  std::function<void()> callback_;
  std::function<void()> on_piece_;
  std::string pieces_;
  BodyProgress progress_ = BodyProgress::kMore;
  int wanted_ = 0;
};

}  // namespace ofn::wire
