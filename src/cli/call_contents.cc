#include "cli/call_contents.h"

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "dev/content.h"

namespace ofn::cli {

namespace {

class RecordedExchange final : public wire::Exchange {
 public:
  RecordedExchange(wire::ExchangePtr exchange, CallContents& contents)
      : exchange_(std::move(exchange)), contents_(contents), target_(exchange_->request().target) {
    // Now, because the function may take the body.
    const wire::Message& message = exchange_->request();
    for (const Field& field : message.fields) dev::add_field(of_.request, field.name, field.value);
    dev::add_body(of_.request, message.body);
    contents_.opened(target_, of_);
  }
  RecordedExchange(const RecordedExchange&) = delete;
  RecordedExchange& operator=(const RecordedExchange&) = delete;

  const wire::Message& request() const override { return exchange_->request(); }
  bool hold(std::size_t bytes) override { return exchange_->hold(bytes); }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    note_head(response, extra);
    dev::add_body(of_.answer, response.body());
    exchange_->respond(std::move(response), extra, trailers);
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    note_head(head, extra);
    exchange_->begin(std::move(head), extra, std::move(on_room));
  }
  void write(std::string_view bytes) override {
    dev::add_body(of_.answer, bytes);
    exchange_->write(bytes);
  }
  std::size_t unsent() const override { return exchange_->unsent(); }
  void finish(std::span<const Field> trailers) override { exchange_->finish(trailers); }
  void abort() override { exchange_->abort(); }
  bool abandoned() const override { return exchange_->abandoned(); }
  void on_abandoned(std::function<void()> callback) override {
    exchange_->on_abandoned(std::move(callback));
  }
  Loop& loop() override { return exchange_->loop(); }

 private:
  ~RecordedExchange() override { contents_.closed(target_); }
  void release() override { delete this; }
  void note_head(const Response& response, std::span<const Field> extra) {
    for (const Header& header : response.headers())
      dev::add_field(of_.answer, header.name, header.value);
    for (const Field& field : extra) dev::add_field(of_.answer, field.name, field.value);
  }

  wire::ExchangePtr exchange_;
  CallContents& contents_;
  const std::string_view target_;
  CallContents::Of of_;
};

}  // namespace

CallContents::Of* CallContents::find(std::string_view target) {
  const auto found = open_.find(target.data());
  return found == open_.end() ? nullptr : found->second;
}

void CallRecorder::handle(wire::ExchangePtr exchange) {
  to_.handle(wire::ExchangePtr(new RecordedExchange(std::move(exchange), contents_)));
}

}  // namespace ofn::cli
