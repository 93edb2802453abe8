#include "cli/sent_data.h"

#include <algorithm>
#include <span>
#include <utility>

#include "dev/content.h"

namespace ofn::cli {

namespace {

constexpr std::string_view kCaptured = "captured";

dev::Content content_of(std::string_view data, std::span<const Header> metadata) {
  dev::Content content;
  for (const Header& entry : metadata) dev::add_field(content, entry.name, entry.value);
  dev::add_body(content, data);
  return content;
}

std::string outcome_of(const Error& error) {
  return "failed: " + std::string(code_name(error.code()));
}

}  // namespace

std::shared_ptr<SentData::One> SentData::add(std::string_view call_id, dev::Sent sent,
                                             std::string_view data) {
  if (call_id.empty()) return nullptr;
  const auto [at, is_new] = calls_.try_emplace(std::string(call_id));
  OfCall& of = at->second;
  if (is_new) of.place = order_.insert(order_.end(), at->first);
  // Calls that never end, or that use an id twice, do not add up.
  while (order_.size() > kMostCalls) {
    calls_.erase(order_.front());
    order_.pop_front();
  }
  for (const auto& earlier : of.all) {
    const bool is_another_try = earlier->data == data.data() &&
                                earlier->sent.output == sent.output &&
                                earlier->sent.outcome.starts_with("failed");
    if (is_another_try) return earlier;
  }
  if (of.all.size() >= kMostOfACall) return nullptr;
  if (of.bytes + sent.content.body.size() > kMostBytes) sent.content.body.clear();
  of.bytes += sent.content.body.size();
  return of.all.emplace_back(
      std::make_shared<One>(One{.sent = std::move(sent), .data = data.data()}));
}

std::vector<dev::Sent> SentData::take(std::string_view call_id) {
  std::vector<dev::Sent> taken;
  const auto at = calls_.find(std::string(call_id));
  if (at == calls_.end()) return taken;
  for (const auto& one : at->second.all) taken.push_back(one->sent);
  order_.erase(at->second.place);
  calls_.erase(at);
  return taken;
}

std::shared_ptr<SentData::One> RecordedSidecar::note(const BindingCall& call,
                                                     const SidecarOptions& options) {
  return sent_.add(options.call_id,
                   {.output = std::string(options.output),
                    .component = std::string(call.component),
                    .operation = std::string(call.operation),
                    .content = content_of(call.data, call.metadata)},
                   call.data);
}

std::shared_ptr<SentData::One> RecordedSidecar::note(const PublishCall& call,
                                                     const SidecarOptions& options) {
  dev::Content content = content_of(call.data, call.metadata);
  if (!call.content_type.empty()) dev::add_field(content, "content-type", call.content_type);
  return sent_.add(options.call_id,
                   {.output = std::string(options.output),
                    .component = std::string(call.component),
                    .topic = std::string(call.topic),
                    .content = std::move(content)},
                   call.data);
}

void RecordedSidecar::invoke_binding(const BindingCall& call, const SidecarOptions& options,
                                     SidecarDone done) {
  auto noted = note(call, options);
  if (to_ == nullptr) {
    if (noted) noted->sent.outcome = kCaptured;
    return loop_.post([done = std::move(done)]() mutable { done(SidecarReply()); });
  }
  to_->invoke_binding(
      call, options, [noted = std::move(noted), done = std::move(done)](auto result) mutable {
        if (noted) noted->sent.outcome = result ? "confirmed" : outcome_of(result.error().error);
        done(std::move(result));
      });
}

void RecordedSidecar::publish(const PublishCall& call, const SidecarOptions& options,
                              SidecarDone done) {
  auto noted = note(call, options);
  if (to_ == nullptr) {
    if (noted) noted->sent.outcome = kCaptured;
    return loop_.post([done = std::move(done)]() mutable { done(SidecarReply()); });
  }
  to_->publish(call, options,
               [noted = std::move(noted), done = std::move(done)](auto result) mutable {
                 if (noted)
                   noted->sent.outcome = result ? "confirmed" : outcome_of(result.error().error);
                 done(std::move(result));
               });
}

void RecordedSidecar::publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                                  BulkDone done) {
  std::vector<std::shared_ptr<SentData::One>> noted;
  noted.reserve(calls.size());
  for (const PublishCall& call : calls) noted.push_back(note(call, options));
  if (to_ == nullptr) {
    for (const auto& one : noted) {
      if (one) one->sent.outcome = kCaptured;
    }
    return loop_.post([done = std::move(done)]() mutable { done(BulkPublished()); });
  }
  to_->publish_all(calls, options,
                   [noted = std::move(noted), done = std::move(done)](BulkResult result) mutable {
                     for (const auto& one : noted) {
                       if (one)
                         one->sent.outcome =
                             result ? "confirmed" : outcome_of(result.error().error);
                     }
                     if (result) {
                       for (const BulkPublished::Failure& failure : result->failures) {
                         if (failure.place < noted.size() && noted[failure.place])
                           noted[failure.place]->sent.outcome = "failed: " + failure.error;
                       }
                     }
                     done(std::move(result));
                   });
}

}  // namespace ofn::cli
