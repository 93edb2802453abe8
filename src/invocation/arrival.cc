#include "invocation/arrival.h"

#include <utility>

#include <ofn/http_text.h>

#include "base/free_memory.h"
#include "event/attributes.h"

namespace ofn {

namespace {

// Returns true if a delivery's content type decides whether a typed function may read the data. Publishers and sidecars
// label data as they like: a raw topic's is always octet-stream, and data without a label becomes text/plain. So a function of
// JSON reads whatever came, and a function of another media type takes those two for no label.
bool label_counts(const Function& function, std::string_view content_type) {
  if (!row_of(function.signature).parses_argument) return true;
  if (function.typed != nullptr && function.typed->argument.type != nullptr) return false;
  const std::string_view type = internal::media_type_alone(content_type);
  return !same_field_name(type, "application/octet-stream") && !same_field_name(type, "text/plain");
}

}  // namespace

void Arrival::fill(const CallLabel& call, Request::Parts&& parts, std::string* body) {
  call_ = call;
  if (body != nullptr) {
    request_.emplace(std::move(parts), *body);
  } else {
    request_.emplace(std::move(parts));
  }
}

void Arrival::fill(const CallLabel& call, const Inbound& inbound, std::stop_token stop) {
  call_ = call;
  inbound_.emplace(inbound);
  if (row_of(function().signature).delivered_as == DeliveredAs::kRequest) {
    make_request(request_, inbound, std::move(stop));
  }
}

const Request& Arrival::request_for_handlers() {
  if (request_) return *request_;
  if (!request_for_handlers_) make_request(request_for_handlers_, *inbound_, {});
  return *request_for_handlers_;
}

// A POST of the data to the input's name.
void Arrival::make_request(std::optional<Request>& request, const Inbound& inbound,
                           std::stop_token stop) {
  target_ = "/" + inbound.input.name;
  fields_.clear();
  if (!inbound.content_type.empty()) fields_.push_back({"content-type", inbound.content_type});
  fields_.insert(fields_.end(), inbound.metadata.begin(), inbound.metadata.end());
  std::erase_if(fields_, [this](const Field& field) {
    return same_field_name(field.name, "content-type") && !label_counts(function(), field.value);
  });
  Request::Parts parts;
  parts.method = "POST";
  parts.target = target_;
  parts.headers = fields_;
  if (!function().reads_pieces) parts.body = inbound.data;
  parts.id = id();
  parts.deadline = inbound.deadline;
  parts.stop = std::move(stop);
  request.emplace(std::move(parts));
}

void Arrival::replace_body(std::string body) {
  body_ = std::move(body);
  Request::Parts parts = request_->parts();
  fields_.assign(parts.headers.begin(), parts.headers.end());
  std::erase_if(fields_, [](const Field& field) {
    return same_field_name(field.name, "content-encoding") ||
           same_field_name(field.name, "content-length");
  });
  parts.headers = fields_;
  request_.emplace(std::move(parts), body_);
}

void Arrival::clear() {
  if (!body_.empty()) free_memory(body_);
  request_.reset();
  request_for_handlers_.reset();
  inbound_.reset();
  incoming_ = nullptr;
}

}  // namespace ofn
