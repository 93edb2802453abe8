#include "serving/async/subscriptions.h"

#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "dapr/topic_filter.h"
#include "document/json.h"

namespace ofn {
namespace {

using document::Node;

// Reads the keys of one trigger's metadata, and collects what is wrong with them.
class Reader {
 public:
  Reader(const Trigger& trigger, std::vector<Error>& errors) : trigger_(trigger), errors_(errors) {}

  bool flag(const std::string& key) {
    const std::string* text = find(key);
    if (text == nullptr || *text == "false") return false;
    if (*text != "true") wrong(key, "true or false");
    return true;
  }
  std::int32_t number(const std::string& key) {
    const std::string* text = find(key);
    if (text == nullptr) return 0;
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < 1)
      wrong(key, "a number from 1 to 2147483647");
    return value;
  }
  std::string text(const std::string& key) {
    const std::string* found = find(key);
    return found == nullptr ? std::string() : *found;
  }
  void routes(dapr::Subscription& to) {
    const std::string* text = find("routes");
    if (text == nullptr) return;
    const std::optional<Node> routes = document::json_value(*text);
    bool good = routes && routes->is(Node::Kind::kObject);
    const auto path_of = [&good](const Node* value) {
      good = good && value != nullptr && value->is(Node::Kind::kText) &&
             value->text().starts_with('/');
      return good ? value->text() : std::string();
    };
    const Node* fallback = good ? routes->find("default") : nullptr;
    if (fallback != nullptr) to.path = path_of(fallback);
    const Node* rules = good ? routes->find("rules") : nullptr;
    good = good && (rules == nullptr || rules->is(Node::Kind::kList));
    for (const Node& rule : good&& rules != nullptr ? rules->items() : std::span<const Node>()) {
      const Node* match = rule.find("match");
      good = good && match != nullptr && match->is(Node::Kind::kText);
      if (!good) break;
      to.rules.push_back({match->text(), path_of(rule.find("path"))});
    }
    if (!good)
      wrong("routes", R"({"rules":[{"match":"…","path":"/…"}],"default":"/…"}, as JSON in a text)");
  }

 private:
  const std::string* find(const std::string& key) const {
    const auto found = trigger_.metadata.find(key);
    return found == trigger_.metadata.end() ? nullptr : &found->second;
  }
  void wrong(const std::string& key, std::string_view expected) {
    errors_.emplace_back(Code::kInvalidArgument, "the metadata '" + key + "' of the trigger " +
                                                     trigger_.label() + " must be " +
                                                     std::string(expected));
  }

  const Trigger& trigger_;
  std::vector<Error>& errors_;
};

bool is_ours(std::string_view key) {
  for (const std::string_view own : {"deadLetterTopic", "bulkSubscribe", "maxMessagesCount",
                                     "maxAwaitDurationMs", "routes", "inOrder", "maxFailures"}) {
    if (key == own) return true;
  }
  return false;
}

}  // namespace

std::expected<Subscriptions, std::vector<Error>> Subscriptions::of(const FunctionContext& context) {
  Subscriptions made;
  std::vector<Error> errors;
  for (const Trigger& trigger : context.triggers) {
    Reader read(trigger, errors);
    made.inputs_.push_back({.trigger = &trigger,
                            .in_order = read.flag("inOrder"),
                            .max_failures = static_cast<std::size_t>(read.number("maxFailures"))});
    if (trigger.kind == ComponentKind::kBinding) {
      made.bindings_.push_back(trigger.component);
      continue;
    }
    dapr::Subscription& topic = made.topics_.emplace_back();
    topic.component = trigger.component;
    topic.topic = trigger.topic;
    topic.dead_letter_topic = read.text("deadLetterTopic");
    read.routes(topic);
    const dapr::Subscription::Bulk bulk{.max_messages = read.number("maxMessagesCount"),
                                        .max_await_ms = read.number("maxAwaitDurationMs")};
    if (read.flag("bulkSubscribe")) topic.bulk = bulk;
    for (const auto& [key, value] : trigger.metadata) {
      if (!is_ours(key)) topic.metadata.push_back({key, value});
    }
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return made;
}

const InputRules* Subscriptions::binding(std::string_view component) const noexcept {
  for (const InputRules& input : inputs_) {
    if (input.trigger->kind == ComponentKind::kBinding && input.trigger->component == component)
      return &input;
  }
  return nullptr;
}

const InputRules* Subscriptions::topic(std::string_view component, std::string_view topic,
                                       std::string_view path) const noexcept {
  if (path.starts_with('/')) path.remove_prefix(1);
  const auto find = [this, component](const auto& is_wanted) -> const InputRules* {
    const InputRules* only = nullptr;
    std::size_t matches = 0;
    for (const InputRules& input : inputs_) {
      const Trigger& trigger = *input.trigger;
      if (trigger.kind != ComponentKind::kPubsub || !is_wanted(trigger.topic)) continue;
      if (trigger.component == component) return &input;
      only = &input;
      ++matches;
    }
    return component.empty() && matches == 1 ? only : nullptr;
  };
  const InputRules* exact = find([topic, path](std::string_view wanted) {
    return wanted == topic || (topic.empty() && wanted == path);
  });
  if (exact != nullptr || topic.empty()) return exact;
  return find([topic](std::string_view wanted) { return dapr::is_topic_of(wanted, topic); });
}

std::string Subscriptions::names() const {
  std::string names;
  for (const InputRules& input : inputs_) {
    if (!names.empty()) names += ", ";
    names += input.trigger->label();
  }
  return names.empty() ? "none" : names;
}

}  // namespace ofn
