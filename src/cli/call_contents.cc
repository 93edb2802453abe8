#include "cli/call_contents.h"

#include <functional>
#include <span>
#include <string>
#include <utility>

#include "cli/passed_exchange.h"
#include "dev/content.h"

namespace ofn::cli {

namespace {

class RecordedExchange final : public PassedExchange {
 public:
  RecordedExchange(wire::ExchangePtr to, CallContents& contents)
      : PassedExchange(std::move(to)), contents_(contents), target_(request().target) {
    // Now, because the function may take the body.
    for (const Field& field : request().fields)
      dev::add_field(of_.request, field.name, field.value);
    dev::add_body(of_.request, request().body);
    contents_.opened(target_, of_);
  }
  RecordedExchange(const RecordedExchange&) = delete;
  RecordedExchange& operator=(const RecordedExchange&) = delete;

  wire::BodyProgress take_piece(std::string& piece) override {
    const wire::BodyProgress progress = PassedExchange::take_piece(piece);
    dev::add_body(of_.request, piece);
    return progress;
  }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    note_head(response, extra);
    dev::add_body(of_.answer, response.body());
    PassedExchange::respond(std::move(response), extra, trailers);
  }
  void begin(Response head, std::span<const Field> extra, std::function<void()> on_room) override {
    note_head(head, extra);
    PassedExchange::begin(std::move(head), extra, std::move(on_room));
  }
  void write(std::string_view bytes) override {
    dev::add_body(of_.answer, bytes);
    PassedExchange::write(bytes);
  }

 private:
  ~RecordedExchange() override { contents_.closed(target_); }
  void note_head(const Response& response, std::span<const Field> extra) {
    for (const Header& header : response.headers())
      dev::add_field(of_.answer, header.name, header.value);
    for (const Field& field : extra) dev::add_field(of_.answer, field.name, field.value);
  }

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
