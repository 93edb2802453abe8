#include "life/life_cycle.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <ofn/route.h>

#include "base/call_fields.h"
#include "function/guard.h"
#include "function/registry.h"

namespace ofn {

namespace {

using abi::LifeRegistration;

std::string place_of(const LifeRegistration& registration) {
  return std::string(registration.file) + ":" + std::to_string(registration.line);
}

// Two registrations of one function for one purpose have the same key.
using Key = std::tuple<const void*, const void*, const void*, std::string>;
Key key_of(const LifeRegistration& r) {
  return {reinterpret_cast<const void*>(r.start), reinterpret_cast<const void*>(r.stop),
          reinterpret_cast<const void*>(r.ready), normal_name(r.name)};
}

// A compiler may put the entries of one file into the section in any order, but files stay together.
std::vector<const LifeRegistration*> in_order(const abi::Program& program) {
  std::vector<const LifeRegistration*> all;
  std::map<std::string_view, std::size_t> ranks;
  for (const auto* it = program.life_begin; it != program.life_end; ++it) {
    if (*it == nullptr || (*it)->size < sizeof(LifeRegistration)) continue;
    all.push_back(*it);
    ranks.try_emplace((*it)->unit, ranks.size());
  }
  std::ranges::sort(
      all, {}, [&](const LifeRegistration* r) { return std::pair(ranks.at(r->unit), r->number); });
  return all;
}

}  // namespace

Result<std::vector<LifeStep>> life_steps(std::span<const abi::Program> programs) {
  std::vector<LifeStep> steps;
  std::map<Key, std::string> places;
  for (const abi::Program& program : programs) {
    for (const LifeRegistration* registration : in_order(program)) {
      const std::string place = place_of(*registration);
      const auto [known, is_new] = places.try_emplace(key_of(*registration), place);
      if (is_new) {
        steps.push_back({.name = normal_name(registration->name),
                         .place = place,
                         .registration = registration});
      } else if (known->second != place) {
        return fail(Code::kAlreadyExists, place + ": " + normal_name(registration->name) +
                                              " is registered a second time; the first is at " +
                                              known->second + "; remove one of them");
      }
    }
  }
  return steps;
}

std::vector<LifeStep> object_steps(const Routes& routes) {
  std::vector<LifeStep> steps;
  for (std::size_t i = 0; i < routes.functions().size(); ++i) {
    for (const Routes::Route& route : routes.routes()) {
      if (route.function != i || route.options == nullptr || route.options->object == nullptr)
        continue;
      const LifeRegistration& object = *route.options->object;
      // A class may have several names.
      if (std::ranges::any_of(steps, [&](const LifeStep& step) {
            return step.registration->start == object.start;
          }))
        continue;
      const Function& function = routes.functions()[i];
      steps.push_back({.name = function.name, .place = function.place, .registration = &object});
    }
  }
  return steps;
}

bool LifeCycle::has_starts() const {
  return std::ranges::any_of(
      steps_, [](const LifeStep& step) { return step.registration->start != nullptr; });
}

bool LifeCycle::has_stops() const {
  return std::ranges::any_of(
      steps_, [](const LifeStep& step) { return step.registration->stop != nullptr; });
}

std::string LifeCycle::text_of(const LifeStep& step, Phase phase) {
  const bool is_object = step.registration->start != nullptr && step.registration->stop != nullptr;
  std::string text = phase == Phase::kStart ? "the start function " : "the stop function ";
  if (is_object) text = phase == Phase::kStart ? "the constructor of " : "the destructor of ";
  return text + step.name + " (" + step.place + ")";
}

std::string LifeCycle::running_text() const {
  const LifeStep* const step = running_;
  return step == nullptr ? "" : text_of(*step, phase_);
}

Result<void> LifeCycle::start(const std::stop_token& stop, Log& log) {
  thread_ = os::this_thread_id();
  const auto cancelled = [&](std::size_t begun) {
    // The stops get a token of their own, because this one fires.
    stop_before(begun, {}, log);
    return fail(Code::kCancelled, "the program was told to end");
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const LifeStep& step = steps_[i];
    if (step.registration->start == nullptr) continue;
    if (is_abandoned_) break;
    if (is_cancelled_) return cancelled(i);
    running_ = &step;
    const auto crash = guarded([&] { step.registration->start(stop); });
    running_ = nullptr;
    if (!crash) continue;
    // It may react to the request by an exception.
    if (is_cancelled_) return cancelled(i);
    stop_before(i, {}, log);
    return fail(Code::kInternal, text_of(step, Phase::kStart) + " threw " + crash->text());
  }
  if (is_cancelled_) return cancelled(steps_.size());
  has_started_ = true;
  return {};
}

void LifeCycle::stop(const std::stop_token& stop, Log& log) {
  if (std::exchange(has_started_, false)) stop_before(steps_.size(), stop, log);
}

void LifeCycle::stop_before(std::size_t end, const std::stop_token& stop, Log& log) {
  thread_ = os::this_thread_id();
  phase_ = Phase::kStop;
  for (std::size_t i = end; i-- > 0;) {
    const LifeStep& step = steps_[i];
    if (step.registration->stop == nullptr) continue;
    if (is_abandoned_) return;
    running_ = &step;
    if (const auto crash = guarded([&] { step.registration->stop(stop); })) {
      log_crash(log, "stop function failed",
                CallFields({}).add("function", step.name).add("location", step.place), *crash);
    }
    running_ = nullptr;
  }
}

}  // namespace ofn
