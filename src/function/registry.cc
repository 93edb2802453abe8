#include "function/registry.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include <ofn/route.h>

namespace ofn {
namespace {

using abi::Origin;
using abi::Registration;

// Returns true for a registration of this ABI number. Later programs may have longer registrations.
bool is_function(const Registration* registration) {
  return registration != nullptr && registration->size >= sizeof(Registration) &&
         registration->invoke != nullptr;
}

std::vector<const Registration*> in_order(const abi::Program& program) {
  std::vector<const Registration*> all;
  for (const Registration* const* it = program.begin; it != program.end; ++it) {
    if (is_function(*it)) all.push_back(*it);
  }
  // Keeps only the registrations of the best kind.
  const auto kind = [](const Registration* r) { return std::max(r->origin, Origin::kTarget); };
  Origin best = Origin::kFoundLocal;
  for (const Registration* each : all) best = std::min(best, kind(each));
  std::erase_if(all, [&](const Registration* r) { return kind(r) != best; });
  // Sorts the author's registrations before the target's. If a function is registered twice, the
  // author's registration is kept.
  std::ranges::sort(all, {}, [](const Registration* r) {
    return std::tuple(r->origin, std::string_view(r->file), r->line);
  });
  return all;
}

}  // namespace

std::string registered_place(const Registration& registration) {
  std::string place = registration.file;
  if (registration.line != 0) place += ":" + std::to_string(registration.line);
  return place;
}

std::string registered_name(const Registration& registration) {
  std::string name = normal_name(registration.name);
  if (registration.options == nullptr) return name;
  // The options stand behind the first comma that is not within brackets.
  int open = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (std::string_view("<({[").contains(name[i])) ++open;
    if (std::string_view(">)}]").contains(name[i])) --open;
    if (open == 0 && name[i] == ',') name.erase(i);
  }
  if (registration.options->object == nullptr) return name;
  const auto begin = name.find('<');
  const auto end = name.rfind('>');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return name;
  return normal_name(name.substr(begin + 1, end - begin - 1));
}

std::string normal_name(std::string_view name) {
  std::string normal;
  for (const char c : name) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '&') normal += c;
  }
  if (normal.starts_with("::")) normal.erase(0, 2);
  return normal;
}

Function function_of(const Registration& registration) {
  Function function{.name = registered_name(registration),
                    .signature = registration.signature,
                    .invoke = registration.invoke,
                    .takes_context = registration.takes_context,
                    .streams = registration.streams,
                    .reads_pieces = registration.reads_pieces,
                    .place = registered_place(registration),
                    .typed = registration.typed};
  if (registration.route != nullptr)
    function.routes.push_back({.text = registration.route, .place = function.place});
  return function;
}

Result<Registry> Registry::of(const abi::Program& program) {
  Registry registry;
  for (const Registration* registration : in_order(program)) {
    registry.is_found_ = registration->origin >= Origin::kFound;
    Function function = function_of(*registration);
    auto same = std::ranges::find(registry.functions_, function.name, &Function::name);
    if (same == registry.functions_.end()) {
      registry.functions_.push_back(std::move(function));
    } else if (same->invoke != function.invoke) {
      return fail(Code::kAlreadyExists, "two functions are registered by the name '" +
                                            function.name + "': at " + same->place + " and at " +
                                            function.place + "; rename one of them");
    } else {
      std::ranges::move(function.routes, std::back_inserter(same->routes));
    }
  }
  return registry;
}

const Function* Registry::find(std::string_view name) const noexcept {
  const auto it = std::ranges::find(functions_, normal_name(name), &Function::name);
  return it == functions_.end() ? nullptr : &*it;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  names.reserve(functions_.size());
  for (const Function& function : functions_) names.push_back(function.name);
  return names;
}

}  // namespace ofn
