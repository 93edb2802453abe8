#include "serving/async/message.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ofn {

void Message::take(dapr::TopicEvent event, CallTrace trace, std::string_view made_id,
                   CallKind kind) {
  kind_ = kind;
  data_.clear();
  content_type_ = std::move(event.content_type);
  metadata_.clear();
  inner_.clear();

  std::optional<InnerEvent> inner = event.type.starts_with(kInnerEventType)
                                        ? unwrap_inner_data(event.data)
                                        : unwrap_inner_event(event.data);
  if (inner) {
    event.data = std::move(inner->data);
    metadata_ = inner_ = std::move(inner->metadata);
  }
  // What a raw message, or the platform's proxy, does not say.
  if (event.id.empty()) event.id = made_id;
  if (event.source.empty()) event.source = event.component + "/" + event.topic;
  if (event.type.empty()) event.type = "com.dapr.event.sent";

  CloudEvent& envelope = event_.emplace(event.id, std::move(event.source), std::move(event.type));
  id_ = std::move(event.id);
  if (!event.spec_version.empty()) envelope.specversion(std::move(event.spec_version));
  if (!content_type_.empty()) envelope.datacontenttype(content_type_);
  envelope.data(std::move(event.data));
  for (Header& extension : event.extensions) {
    if (extension.name == "time") {
      envelope.time(extension.value);
    } else if (extension.name == "subject") {
      envelope.subject(extension.value);
    } else if (extension.name == "dataschema") {
      envelope.dataschema(extension.value);
    } else {
      envelope.extension(extension.name, extension.value);
    }
    metadata_.push_back(std::move(extension));
  }
  std::ranges::move(event.metadata, std::back_inserter(metadata_));
  const auto add = [this](std::string_view name, std::string& value) {
    if (!value.empty() && std::ranges::find(metadata_, name, &Header::name) == metadata_.end())
      metadata_.push_back({std::string(name), std::move(value)});
  };
  add("topic", event.topic);
  add("pubsubname", event.component);
  add("path", event.path);
  add_trace(std::move(trace));
  seal();
}

void Message::take(dapr::BindingEvent event, CallTrace trace) {
  kind_ = CallKind::kBinding;
  event_.reset();
  id_.clear();
  content_type_.clear();
  data_ = std::move(event.data);
  metadata_ = std::move(event.metadata);
  inner_.clear();
  if (auto inner = unwrap_inner_event(data_)) {
    data_ = std::move(inner->data);
    inner_ = std::move(inner->metadata);
    std::ranges::copy(inner_, std::back_inserter(metadata_));
  }
  add_trace(std::move(trace));
  seal();
}

void Message::add_trace(CallTrace trace) {
  trace_ = std::move(trace);
  const bool has_own = std::ranges::any_of(metadata_, [](const Header& header) {
    return header.name == "traceparent" && !header.value.empty();
  });
  if (trace_.traceparent.empty() || has_own) return;
  std::erase_if(metadata_, [](const Header& header) {
    return header.name == "traceparent" || header.name == "tracestate";
  });
  metadata_.push_back({"traceparent", trace_.traceparent});
  if (!trace_.tracestate.empty()) metadata_.push_back({"tracestate", trace_.tracestate});
}

void Message::seal() {
  fields_.clear();
  for (const Header& header : metadata_) fields_.push_back({header.name, header.value});
  inner_fields_.clear();
  for (const Header& header : inner_) inner_fields_.push_back({header.name, header.value});
}

Inbound Message::inbound(const Trigger& trigger, SteadyTime deadline) const {
  return {.input = trigger,
          .data = event_ ? std::string_view(*event_->data()) : data_,
          .content_type = content_type_,
          .metadata = fields_,
          .inner = inner_fields_,
          .event = event_ ? &*event_ : nullptr,
          .traceparent = trace_.traceparent,
          .tracestate = trace_.tracestate,
          .baggage = trace_.baggage,
          .id = id_,
          .deadline = deadline,
          .kind = kind_};
}

}  // namespace ofn
