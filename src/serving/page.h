// A text of the program's own that clients can read at one path.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <ofn/response.h>

#include "wire/exchange.h"

namespace ofn {

// Answers 405 for another method than GET and HEAD.
// Lifetime: outlives its requests. Threads: any; it does not change.
class Page final : public wire::Handler {
 public:
  Page(std::string path, std::string media_type, std::string text)
      : path_(std::move(path)), media_type_(std::move(media_type)), text_(std::move(text)) {}

  const std::string& path() const noexcept { return path_; }

  bool wants(const wire::Message& message) const {
    const std::string_view target = message.target;
    return target.substr(0, target.find('?')) == path_;
  }

  void handle(wire::ExchangePtr exchange) override {
    const std::string_view method = exchange->request().method;
    if (method == "GET" || method == "HEAD") {
      exchange->respond(Response(text_).content_type(media_type_));
    } else {
      exchange->respond(
          Response("allowed here: GET, HEAD\n").status(405).header("allow", "GET, HEAD"));
    }
  }

 private:
  std::string path_;
  std::string media_type_;
  std::string text_;
};

}  // namespace ofn
