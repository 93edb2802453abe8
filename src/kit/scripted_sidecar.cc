#include "kit/scripted_sidecar.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/nearest.h"

namespace ofn::kit {

namespace {

using testing::Fault;
using testing::Sent;
using testing::internal::Failing;

constexpr std::string_view kOutput = "output ";
constexpr std::string_view kOther = "other ";
constexpr std::string_view kEventId = "cloudevent.id";
constexpr std::string_view kRefusal = "the test refuses it";

SidecarError as_error(Error error) { return {.error = std::move(error), .reach = Reach::kMaybe}; }

Sent sent_to(const SidecarOptions& options, std::string_view component, std::string_view data,
             const std::vector<Header>& metadata) {
  Sent sent;
  sent.output = options.output;
  sent.component = component;
  sent.data = data;
  for (const auto& [name, value] : metadata) sent.metadata.emplace(name, value);
  return sent;
}

std::string id_in(const std::vector<Header>& metadata) {
  for (const Header& entry : metadata) {
    if (entry.name == kEventId) return entry.value;
  }
  return {};
}

// The component that a call of a store, or the app that a call names; empty: none.
std::string_view target_of(const StoreCall& call) {
  return std::visit(
      [](const auto& each) -> std::string_view {
        using Call = std::remove_cvref_t<decltype(each)>;
        if constexpr (std::is_same_v<Call, DeleteBulkState>) {
          return each.items.store;
        } else if constexpr (std::is_same_v<Call, InvokeService>) {
          return each.app_id;
        } else if constexpr (requires { each.store; }) {
          return each.store;
        } else {
          return {};
        }
      },
      call);
}

template <class T>
StoreResult as_answer(Result<T> result) {
  if (!result) return std::unexpected(as_error(std::move(result).error()));
  if constexpr (std::is_void_v<T>) {
    return StoreAnswer();
  } else {
    return StoreAnswer(*std::move(result));
  }
}

}  // namespace

ScriptedSidecar::ScriptedSidecar(Loop& loop, const Clock& clock, const FunctionContext& context)
    : loop_(loop), clock_(clock), context_(context), stores_("test") {
  for (const State& state : context.states) state_of(state.component);
}

// --- The script ----------------------------------------------------------------------------------

std::string ScriptedSidecar::component_of(std::string_view store) const {
  for (const State& state : context_.states) {
    if (state.name == store) return state.component;
  }
  return std::string(store);
}

std::string ScriptedSidecar::key_of(std::string_view name) const {
  if (const Output* output = context_.find_output(name)) return std::string(kOutput) + output->name;
  const std::string component = component_of(name);
  if (states_.contains(component) || secrets_.contains(component) || apps_.contains(component))
    return std::string(kOther) + component;
  std::vector<std::string> known;
  for (const Output& output : context_.outputs) known.push_back(output.name);
  for (const State& state : context_.states) known.push_back(state.name);
  for (const auto& [store, unused] : states_) known.push_back(store);
  for (const auto& [store, unused] : secrets_) known.push_back(store);
  for (const auto& [app, unused] : apps_) known.push_back(app);
  std::string text = "the test's sidecar knows nothing named \"" + std::string(name) + "\"";
  if (const std::string near = nearest_word(name, known); !near.empty()) {
    text += "; did you mean \"" + near + "\"?";
  } else {
    text +=
        "; it has the outputs and state stores of the context, the stores that the test fills, and "
        "the apps of on_invoke()";
  }
  throw std::runtime_error(text);
}

void ScriptedSidecar::fail(const Failing& failing) {
  faults_.insert_or_assign(key_of(failing.name), FaultState{.failing = failing});
}

const Output& ScriptedSidecar::output_of(std::string_view name) const {
  const Output* const found = context_.find_output(name);
  if (found == nullptr)
    throw std::runtime_error("the context has no output named \"" + std::string(name) +
                             "\"; its outputs are " + context_.output_names());
  return *found;
}

void ScriptedSidecar::reply(std::string_view output, SendResult answer) {
  replies_.insert_or_assign(output_of(output).name, std::move(answer));
}

void ScriptedSidecar::fail_items(std::string_view output, std::vector<std::size_t> places) {
  const Output& topic = output_of(output);
  if (topic.kind != ComponentKind::kPubsub)
    throw std::runtime_error(
        "\"" + topic.name +
        "\" is a binding, which gets each item alone: use fail() with a FaultRange");
  failing_items_.insert_or_assign(topic.name, std::move(places));
}

bool ScriptedSidecar::is_refused(const std::string& key) const {
  const auto found = faults_.find(key);
  if (found == faults_.end()) return false;
  const Failing& failing = found->second.failing;
  return failing.code || failing.fault == Fault::kRefused;
}

// A store's own refusal comes from the store, because Dapr's words are around it.
NextFault ScriptedSidecar::refusals_of(std::string key) {
  return [this, key = std::move(key)]() -> std::optional<Error> {
    if (!is_refused(key)) return std::nullopt;
    const auto failing = next_fault(key);
    if (!failing) return std::nullopt;
    return refusal(*failing, std::string(kRefusal));
  };
}

KeptState& ScriptedSidecar::state_of(std::string_view store) {
  std::string component = component_of(store);
  if (KeptState* const found = find_state(component)) return *found;
  auto made = std::make_unique<KeptState>(clock_, refusals_of(std::string(kOther) + component));
  KeptState& state = *made;
  // Its keys are the function's own: no prefix.
  localdapr::Component declared;
  declared.name = component;
  declared.type = "state.in-memory";
  declared.properties = {{"keyPrefix", "none"}};
  (void)stores_.add(declared, std::move(made));
  states_.emplace(std::move(component), &state);
  return state;
}

KeptState* ScriptedSidecar::find_state(std::string_view store) const {
  const auto found = states_.find(component_of(store));
  return found == states_.end() ? nullptr : found->second;
}

void ScriptedSidecar::set_state(std::string_view store, std::string_view key, std::string value) {
  state_of(store).put(std::string(key), std::move(value));
}

void ScriptedSidecar::conflict(std::string_view store, std::string_view key, unsigned times) {
  state_of(store).conflict(std::string(key), times);
}

void ScriptedSidecar::set_secret(std::string_view store, std::string_view key,
                                 std::vector<Header> entries) {
  auto found = secrets_.find(store);
  if (found == secrets_.end()) {
    const std::string name(store);
    auto made = std::make_unique<KeptSecrets>(refusals_of(std::string(kOther) + name));
    found = secrets_.emplace(name, made.get()).first;
    stores_.add(name, std::move(made));
  }
  found->second->put(std::string(key), std::move(entries));
}

void ScriptedSidecar::on_invoke(std::string app,
                                std::function<Reply<InvokeReply>(const InvokeService&)> answer) {
  apps_.insert_or_assign(std::move(app), std::move(answer));
}

std::optional<std::string> ScriptedSidecar::state(std::string_view store,
                                                  std::string_view key) const {
  KeptState* const found = find_state(store);
  if (found == nullptr) return std::nullopt;
  auto values = found->values();
  const auto value = values.find(key);
  return value == values.end() ? std::nullopt : std::optional(std::move(value->second));
}

testing::States ScriptedSidecar::states() const {
  testing::States all;
  for (const auto& [component, state] : states_) {
    std::string name = component;
    for (const State& declared : context_.states) {
      if (declared.component == component) name = declared.name;
    }
    all.emplace(std::move(name), state->values());
  }
  return all;
}

std::vector<Job> ScriptedSidecar::jobs() const {
  std::vector<Job> all;
  for (const auto& [name, job] : jobs_) all.push_back(job);
  return all;
}

Job ScriptedSidecar::take_job(const std::string& name) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) {
    std::string text = "no function has scheduled a job named \"" + name + "\"";
    std::vector<std::string> known;
    for (const auto& [other, unused] : jobs_) known.push_back(other);
    if (const std::string near = nearest_word(name, known); !near.empty())
      text += "; did you mean \"" + near + "\"?";
    throw std::runtime_error(text + " Give run_job() the data of one that is not scheduled");
  }
  Job job = found->second;
  if (job.schedule.empty() || (job.repeats && *job.repeats <= 1)) {
    jobs_.erase(found);
  } else if (job.repeats) {
    --*found->second.repeats;
  }
  return job;
}

// --- The ports -----------------------------------------------------------------------------------

std::optional<Failing> ScriptedSidecar::next_fault(const std::string& key) {
  const auto found = faults_.find(key);
  if (found == faults_.end()) return std::nullopt;
  auto& [failing, calls] = found->second;
  const unsigned call = calls++;
  if (call < failing.range.after) return std::nullopt;
  if (failing.range.times && call >= failing.range.after + *failing.range.times)
    return std::nullopt;
  return failing;
}

Error ScriptedSidecar::refusal(const Failing& failing, std::string words) {
  if (!failing.range.message.empty()) words = failing.range.message;
  return {failing.code.value_or(Code::kInternal), std::move(words)};
}

// `words`: Dapr's own, in front of the component's.
std::optional<ScriptedSidecar::Failed> ScriptedSidecar::failure(const std::string& key,
                                                                std::string_view words,
                                                                Deadline deadline) {
  const auto failing = next_fault(key);
  if (!failing) {
    if (delay_of(key) < deadline.left(loop_.now())) return std::nullopt;
    return Failed{};
  }
  if (failing->code)
    return Failed{as_error(refusal(*failing, std::string(words).append(kRefusal)))};
  switch (failing->fault) {
    case Fault::kLate:
      return Failed{};
    case Fault::kUnreachable:
      return Failed{SidecarError{.error = Error(Code::kUnavailable, "no connection to the sidecar"),
                                 .reach = Reach::kNever}};
    case Fault::kRefused:
      break;
  }
  return Failed{as_error(refusal(*failing, std::string(words).append(kRefusal)))};
}

// A further try of the same message belongs to the same entry.
std::size_t ScriptedSidecar::begin_try(const std::string& event_id, const void* data, Sent sent) {
  const auto open = std::ranges::find_if(open_, [&](const Open& each) {
    const Sent& other = sent_[each.sent];
    return other.output == sent.output && other.component == sent.component &&
           (event_id.empty() ? each.data == data && other.data == sent.data
                             : each.event_id == event_id);
  });
  if (open != open_.end()) {
    ++sent_[open->sent].tries;
    sent_[open->sent].failure.reset();
    return open->sent;
  }
  sent.tries = 1;
  sent_.push_back(std::move(sent));
  open_.push_back({.sent = sent_.size() - 1, .event_id = event_id, .data = data});
  return sent_.size() - 1;
}

void ScriptedSidecar::output_ended(const OutputResult& result) {
  const auto is_of_output = [&](const Open& each) {
    return sent_[each.sent].output == result.output->name && sent_[each.sent].tries == result.tries;
  };
  // A bulk publish has several open sends of one output, some of which may have failed: this is one that ended as the result says.
  auto open = std::ranges::find_if(open_, [&](const Open& each) {
    return is_of_output(each) && sent_[each.sent].failure.has_value() != result.reply.has_value();
  });
  if (open == open_.end()) open = std::ranges::find_if(open_, is_of_output);
  if (open == open_.end()) return;
  if (!result.reply)
    sent_[open->sent].failure =
        Failure{result.reply.error().code(), result.reply.error().message()};
  open_.erase(open);
}

Duration ScriptedSidecar::delay_of(const std::string& key) const {
  const auto found = delays_.find(key);
  return found == delays_.end() ? Duration::zero() : found->second;
}

void ScriptedSidecar::post(const std::string& key, std::move_only_function<void()> task) {
  const Duration delay = delay_of(key);
  if (delay <= Duration::zero()) return loop_.post(std::move(task));
  auto shared = std::make_shared<std::move_only_function<void()>>(std::move(task));
  timers_.push_back(std::make_unique<Timer>(loop_, [shared] { (*shared)(); }));
  timers_.back()->arm(loop_.now() + delay);
}

void ScriptedSidecar::late(Deadline deadline, std::move_only_function<void(SidecarError)> done) {
  if (deadline.is_never()) return;
  auto shared = std::make_shared<std::move_only_function<void(SidecarError)>>(std::move(done));
  timers_.push_back(std::make_unique<Timer>(loop_, [shared] {
    (*shared)(as_error(Error(Code::kDeadlineExceeded, "the deadline has passed")));
  }));
  timers_.back()->arm(deadline.at());
}

template <class Done>
void ScriptedSidecar::fail_with(const Failed& failed, std::span<const std::size_t> entries,
                                Deadline deadline, Done done) {
  auto tell = [done = std::move(done)](SidecarError error) mutable {
    done(std::unexpected(std::move(error)));
  };
  if (!failed.error) return late(deadline, std::move(tell));
  for (const std::size_t at : entries)
    sent_[at].failure = Failure{failed.error->error.code(), failed.error->error.message()};
  loop_.post([tell = std::move(tell), error = *failed.error]() mutable { tell(std::move(error)); });
}

void ScriptedSidecar::invoke_binding(const BindingCall& call, const SidecarOptions& options,
                                     SidecarDone done) {
  Sent sent = sent_to(options, call.component, call.data, call.metadata);
  sent.operation = call.operation;
  const std::size_t at = begin_try({}, call.data.data(), std::move(sent));
  const std::string key = std::string(kOutput) + std::string(options.output);
  const auto failed = failure(
      key, "error invoking output binding " + std::string(call.component) + ": ", options.deadline);
  if (failed) return fail_with(*failed, std::array{at}, options.deadline, std::move(done));
  SidecarReply reply;
  if (const auto scripted = replies_.find(options.output); scripted != replies_.end())
    reply = {.data = scripted->second.data, .metadata = scripted->second.metadata};
  post(key,
       [done = std::move(done), reply = std::move(reply)]() mutable { done(std::move(reply)); });
}

void ScriptedSidecar::publish(const PublishCall& call, const SidecarOptions& options,
                              SidecarDone done) {
  Sent sent = sent_to(options, call.component, call.data, call.metadata);
  sent.topic = call.topic;
  sent.content_type = call.content_type;
  const std::size_t at = begin_try(id_in(call.metadata), call.data.data(), std::move(sent));
  const std::string key = std::string(kOutput) + std::string(options.output);
  const auto failed = failure(key,
                              "error when publishing to topic " + std::string(call.topic) +
                                  " in pubsub " + std::string(call.component) + ": ",
                              options.deadline);
  if (failed) return fail_with(*failed, std::array{at}, options.deadline, std::move(done));
  post(key, [done = std::move(done)]() mutable { done(SidecarReply{}); });
}

void ScriptedSidecar::publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                                  BulkDone done) {
  std::vector<std::size_t> entries;
  for (const PublishCall& call : calls) {
    Sent sent = sent_to(options, call.component, call.data, call.metadata);
    sent.topic = call.topic;
    sent.content_type = call.content_type;
    entries.push_back(begin_try(id_in(call.metadata), call.data.data(), std::move(sent)));
  }
  const std::string key = std::string(kOutput) + std::string(options.output);
  const auto failed = failure(key,
                              "error when publishing to topic " + std::string(calls.front().topic) +
                                  " in pubsub " + std::string(calls.front().component) + ": ",
                              options.deadline);
  if (failed) return fail_with(*failed, entries, options.deadline, std::move(done));
  BulkPublished published;
  if (const auto items = failing_items_.find(options.output); items != failing_items_.end()) {
    for (const std::size_t place : items->second) {
      if (place >= entries.size()) continue;
      published.failures.push_back({.place = place, .error = std::string(kRefusal)});
      sent_[entries[place]].failure = Failure{Code::kInternal, std::string(kRefusal)};
    }
  }
  post(key, [done = std::move(done), published = std::move(published)]() mutable {
    done(std::move(published));
  });
}

void ScriptedSidecar::ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) {
  const std::string_view target = target_of(call);
  const std::string key = std::string(kOther) + std::string(target);
  const bool is_of_store = states_.contains(target) || secrets_.contains(target);
  if (!is_of_store || !is_refused(key)) {
    if (const auto failed = failure(key, "", options.deadline))
      return fail_with(*failed, {}, options.deadline, std::move(done));
  }
  post(key, [done = std::move(done), answer = this->answer(call)]() mutable {
    done(std::move(answer));
  });
}

StoreResult ScriptedSidecar::answer(const StoreCall& call) {
  return std::visit(
      [this](const auto& each) -> StoreResult {
        using Call = std::remove_cvref_t<decltype(each)>;
        if constexpr (std::is_same_v<Call, GetState>) {
          return as_answer(stores_.get(each));
        } else if constexpr (std::is_same_v<Call, GetBulkState>) {
          return as_answer(stores_.get_bulk(each));
        } else if constexpr (std::is_same_v<Call, StateItems>) {
          return as_answer(stores_.save(each));
        } else if constexpr (std::is_same_v<Call, DeleteState>) {
          return as_answer(stores_.remove(each));
        } else if constexpr (std::is_same_v<Call, DeleteBulkState>) {
          return as_answer(stores_.remove_bulk(each.items));
        } else if constexpr (std::is_same_v<Call, StateTransaction>) {
          return as_answer(stores_.transact(each));
        } else if constexpr (std::is_same_v<Call, GetSecret>) {
          return as_answer(stores_.secret(each));
        } else if constexpr (std::is_same_v<Call, GetBulkSecret>) {
          return as_answer(stores_.secrets(each));
        } else if constexpr (std::is_same_v<Call, InvokeService>) {
          return invoke(each);
        } else if constexpr (std::is_same_v<Call, ScheduleJob>) {
          return schedule(each);
        } else if constexpr (std::is_same_v<Call, GetJob>) {
          const auto job = jobs_.find(each.name);
          if (job == jobs_.end())
            return std::unexpected(
                as_error(Error(Code::kInternal,
                               "failed to get job due to: NotFound: job not found: " + each.name)));
          return StoreAnswer(job->second);
        } else if constexpr (std::is_same_v<Call, DeleteJob>) {
          jobs_.erase(each.name);
          return StoreAnswer();
        } else {
          return std::unexpected(
              as_error(Error(Code::kInternal, "a send is not a call of a store")));
        }
      },
      call);
}

StoreResult ScriptedSidecar::invoke(const InvokeService& call) {
  invoked_.push_back(call);
  const auto app = apps_.find(call.app_id);
  if (app == apps_.end()) {
    return std::unexpected(as_error(
        Error(Code::kInternal, "failed to invoke, id: " + call.app_id +
                                   ", err: the test has no such app; see Sidecar::on_invoke()")));
  }
  Reply<InvokeReply> reply = app->second(call);
  if (!reply)
    return std::unexpected(as_error(Error(reply.failure().code, reply.failure().message)));
  return StoreAnswer(std::move(reply).value());
}

StoreResult ScriptedSidecar::schedule(const ScheduleJob& call) {
  if (!call.overwrite && jobs_.contains(call.job.name))
    return std::unexpected(
        as_error(Error(Code::kAlreadyExists, "job already exists: " + call.job.name)));
  jobs_.insert_or_assign(call.job.name, call.job);
  return StoreAnswer();
}

}  // namespace ofn::kit
