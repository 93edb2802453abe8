#include "dev/ring.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ofn::dev {

namespace {

// The containers' nodes for one entry take this many bytes.
constexpr std::size_t kNodes = 128;

// A short text is in the string itself.
std::size_t bytes_of(const std::string& text) {
  return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
}

std::size_t bytes_of(const Frame& frame) {
  return sizeof frame + bytes_of(frame.function) + bytes_of(frame.file) + bytes_of(frame.source);
}

std::size_t bytes_of(const OutputTold& output) {
  return sizeof output + bytes_of(output.name) + bytes_of(output.component) +
         bytes_of(output.outcome);
}

std::size_t bytes_of(const Content& content) {
  std::size_t bytes = bytes_of(content.body);
  for (const auto& field : content.fields)
    bytes += sizeof field + bytes_of(field.first) + bytes_of(field.second);
  return bytes;
}

std::size_t bytes_of(const Sent& sent) {
  return sizeof sent + bytes_of(sent.output) + bytes_of(sent.component) + bytes_of(sent.topic) +
         bytes_of(sent.operation) + bytes_of(sent.content) + bytes_of(sent.outcome);
}

void shorten(std::string& body, std::size_t most) {
  if (body.size() <= most) return;
  body.resize(most);
  body.shrink_to_fit();
}

}  // namespace

Ring::Rank Ring::rank_of(const CallEnded& call) {
  if (call.status >= 500 || call.verdict == "error" || call.verdict == "crash")
    return Rank::kFailure;
  return call.refusal == "probe" ? Rank::kProbe : Rank::kSuccess;
}

std::size_t Ring::bytes_of(const CallEnded& call) {
  std::size_t bytes =
      sizeof(Entry) + kNodes + dev::bytes_of(call.request) + dev::bytes_of(call.answer);
  for (const std::string* text : {&call.id, &call.kind, &call.method, &call.path, &call.function,
                                  &call.route, &call.verdict, &call.refusal, &call.ran_on})
    bytes += dev::bytes_of(*text);
  for (const OutputTold& output : call.outputs) bytes += dev::bytes_of(output);
  for (const Sent& sent : call.sent) bytes += dev::bytes_of(sent);
  if (call.thrown) {
    bytes += dev::bytes_of(call.thrown->type) + dev::bytes_of(call.thrown->what);
    for (const Frame& frame : call.thrown->frames) bytes += dev::bytes_of(frame);
  }
  return bytes;
}

void Ring::add(CallEnded call) {
  shorten(call.request.body, limits_.body_bytes);
  shorten(call.answer.body, limits_.body_bytes);
  for (Sent& sent : call.sent) shorten(sent.content.body, limits_.body_bytes);
  const std::size_t bytes = bytes_of(call);
  const Rank rank = rank_of(call);
  entries_.push_front(
      Entry{.call = std::move(call), .number = ++count_, .bytes = bytes, .rank = rank});
  by_rank_[static_cast<std::size_t>(rank)].push_back(entries_.begin());
  index(entries_.front());
  bytes_ += bytes;
  while (entries_.size() > 1 && (entries_.size() > limits_.calls || bytes_ > limits_.bytes))
    drop_one();
}

void Ring::index(Entry& entry) {
  const auto [at, is_new] = by_id_.try_emplace(entry.call.id, &entry);
  if (is_new) return;
  entry.older = at->second;
  entry.older->newer = &entry;
  // The key is the newest one's own text.
  auto node = by_id_.extract(at);
  node.key() = entry.call.id;
  node.mapped() = &entry;
  by_id_.insert(std::move(node));
}

void Ring::forget(const Entry& entry) {
  if (entry.older != nullptr) entry.older->newer = entry.newer;
  if (entry.newer != nullptr) {
    entry.newer->older = entry.older;
    return;
  }
  by_id_.erase(entry.call.id);
  if (entry.older != nullptr) by_id_.emplace(entry.older->call.id, entry.older);
}

void Ring::drop_one() {
  for (auto& oldest_first : by_rank_) {
    if (oldest_first.empty() || oldest_first.front() == entries_.begin()) continue;
    const Entries::iterator at = oldest_first.front();
    oldest_first.pop_front();
    forget(*at);
    bytes_ -= at->bytes;
    entries_.erase(at);
    return;
  }
}

const CallEnded* Ring::find(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &at->second->call;
}

const CallEnded* Ring::latest() const {
  const Entry* latest = nullptr;
  for (const Rank rank : {Rank::kSuccess, Rank::kFailure}) {
    const auto& calls = by_rank_[static_cast<std::size_t>(rank)];
    if (!calls.empty() && (latest == nullptr || calls.back()->number > latest->number))
      latest = &*calls.back();
  }
  return latest == nullptr ? nullptr : &latest->call;
}

}  // namespace ofn::dev
