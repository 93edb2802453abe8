// An exchange that passes everything on to another one: the base of exchanges that stand in front of it.
//
//   class Marked final : public PassedExchange { … };   // overrides what it changes
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "wire/exchange.h"

namespace ofn::cli {

// Lifetime: made by `new`, owned by a wire::ExchangePtr. Threads: as wire::Exchange.
class PassedExchange : public wire::Exchange {
 public:
  explicit PassedExchange(wire::ExchangePtr to) : to_(std::move(to)) {}
  PassedExchange(const PassedExchange&) = delete;
  PassedExchange& operator=(const PassedExchange&) = delete;

  const wire::Message& request() const final { return to_->request(); }
  bool hold(std::size_t bytes) final { return to_->hold(bytes); }
  void on_piece(std::function<void()> on_piece) final { to_->on_piece(std::move(on_piece)); }
  wire::BodyProgress take_piece(std::string& piece) override { return to_->take_piece(piece); }
  void want_piece() final { to_->want_piece(); }
  std::span<const Field> body_trailers() const final { return to_->body_trailers(); }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    to_->respond(std::move(response), extra, trailers);
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    to_->begin(std::move(head), extra, std::move(on_room));
  }
  void write(std::string_view bytes) override { to_->write(bytes); }
  std::size_t unsent() const final { return to_->unsent(); }
  void finish(std::span<const Field> trailers) override { to_->finish(trailers); }
  void abort() final { to_->abort(); }
  bool abandoned() const final { return to_->abandoned(); }
  void on_abandoned(std::function<void()> callback) final {
    to_->on_abandoned(std::move(callback));
  }
  Loop& loop() final { return to_->loop(); }

 protected:
  ~PassedExchange() override = default;

  wire::Exchange& passed_to() { return *to_; }
  // Gives the exchange away: only release() may follow.
  wire::ExchangePtr take() { return std::move(to_); }
  void release() override { delete this; }

 private:
  wire::ExchangePtr to_;
};

}  // namespace ofn::cli
