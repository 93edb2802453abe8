// The client of a call in memory: gives a request, in pieces if it likes, and keeps the answer as a client would see it.
//
//   auto* client = new Client(loop, call, received);
//   requests.handle(wire::ExchangePtr(client));
//   client->act();                        // it reads, or sends the next piece
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>
#include <ofn/response.h>
#include <ofn/testing/call.h>

#include "loop/loop.h"
#include "wire/exchange.h"

namespace ofn::kit {

// What the client has got. Lifetime: outlives its Client.
struct Received {
  int status = 0;
  std::vector<Header> fields{};
  std::string body{};
  std::vector<std::string> pieces{};
  std::vector<Header> trailers{};
  bool is_answered = false;
  bool is_broken_off = false;
  bool is_released = false;  // the Client is gone
};

// Lifetime: the handler's release destroys it; the answer outlives it. Threads: the loop's.
class Client final : public wire::Exchange {
 public:
  Client(Loop& loop, testing::Call call, std::shared_ptr<Received> received);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() override;

  // The body comes in pieces from now on. Call it before the handler has it.
  void send_in_pieces();
  // A step of its own: the next piece of the body, or a read. Returns false if there is none.
  bool act();
  // From now on it reads by read() alone.
  void read_by_hand() { reads_by_hand_ = true; }
  // The body ends with what it has got until now.
  void end_body() { ends_ = true; }
  // From now on the test does nothing more for it: the body ends, and it reads.
  void end_by_itself() {
    ends_ = true;
    reads_by_hand_ = false;
  }
  void bring(std::string_view piece) { to_send_.emplace_back(piece); }
  void read(std::size_t bytes);
  void leave();

  const wire::Message& request() const override { return message_; }
  bool hold(std::size_t /*bytes*/) override { return true; }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override;
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override;
  void write(std::string_view bytes) override;
  std::size_t unsent() const override { return unread_; }
  void finish(std::span<const Field> trailers) override;
  void abort() override;
  bool abandoned() const override { return has_left_; }
  void on_abandoned(std::function<void()> callback) override {
    on_abandoned_ = std::move(callback);
  }
  Loop& loop() override { return loop_; }
  void on_piece(std::function<void()> on_piece) override { on_piece_ = std::move(on_piece); }
  wire::BodyProgress take_piece(std::string& piece) override;
  std::span<const Field> body_trailers() const override { return {}; }

 private:
  void release() override { delete this; }
  bool has_no_body() const;
  void take_head(const Response& head, std::span<const Field> extra);
  bool send_next();
  bool may_read() const;

  Loop& loop_;
  const testing::Call call_;
  const std::shared_ptr<Received> received_;
  std::vector<Field> fields_;
  std::string body_;
  wire::Message message_;

  // The request's body in pieces.
  std::deque<std::string> to_send_;
  std::string arrived_;
  bool ends_ = false;  // nothing follows to_send_
  wire::BodyProgress progress_ = wire::BodyProgress::kMore;
  std::function<void()> on_piece_;

  // The answer.
  std::size_t unread_ = 0;
  std::size_t read_ = 0;
  std::function<void()> on_room_;
  std::function<void()> on_abandoned_;
  bool reads_by_hand_ = false;
  bool has_left_ = false;
  bool has_finished_ = false;
};

}  // namespace ofn::kit
