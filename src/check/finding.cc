#include "check/finding.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"

namespace ofn::check {

namespace {

using enum Severity;

constexpr std::array kRules = {
    Rule{"OFN1001", "context-unreadable", kError, false, "a context that is neither JSON nor YAML"},
    Rule{"OFN1002", "context-mistake", kError, true,
         "a context that the program refuses, such as an unknown runtime"},
    Rule{"OFN1003", "context-unknown-member", kWarning, true,
         "a member of the context that nobody reads, such as a misspelt one"},
    Rule{"OFN1004", "context-repeated-member", kWarning, false,
         "a member that a mapping has twice; only the last one counts"},
    Rule{"OFN1005", "context-doubtful", kWarning, false,
         "anything else of which the program warns when it reads the context"},
    Rule{"OFN1006", "context-port", kWarning, false,
         "a port in the context that a variable overrides with another one"},
    Rule{"OFN2001", "component-mistake", kError, false,
         "a component's file that the local sidecar refuses"},
    Rule{"OFN2002", "component-missing", kError, true,
         "a component that the context names and no file has"},
    Rule{
        "OFN2003", "component-kind", kError, false,
        "a component of another kind than the context says: a topic for a binding, or the reverse"},
    Rule{"OFN2004", "component-type", kWarning, false,
         "a component of another type than the context says"},
    Rule{"OFN2005", "component-type-unknown", kError, true,
         "a type that is nearly one of the local sidecar"},
    Rule{"OFN2006", "component-type-not-local", kWarning, false,
         "a type that the local sidecar does not have"},
    Rule{"OFN2007", "property-refused", kError, false,
         "a property, or the value of `direction`, that the local sidecar refuses"},
    Rule{"OFN2008", "property-unknown", kWarning, true,
         "a property that the component's type does not have"},
    Rule{"OFN2009", "component-unknown-member", kWarning, true,
         "a member of a component's file that nobody reads"},
    Rule{"OFN2010", "component-repeated", kError, false, "two components with the same name"},
    Rule{"OFN2011", "component-direction", kError, false,
         "an output or input whose component works in the other direction only"},
    Rule{"OFN2012", "topic-scope", kError, false,
         "a topic that its component does not allow for this app"},
    Rule{"OFN2013", "component-variable", kWarning, false,
         "a property whose value comes from a variable that is not set"},
    Rule{"OFN2014", "secret-store-missing", kWarning, false,
         "a secret store that a component names and no file has"},
    Rule{"OFN2015", "component-unused", kNote, false,
         "a component that neither the context nor the code names"},
    Rule{"OFN2016", "components-missing", kWarning, false,
         "a context that names components, without a folder of components"},
    Rule{"OFN3001", "output-unknown", kWarning, false,
         "an output that the code names and the context does not have"},
    Rule{"OFN3002", "output-unused", kWarning, false,
         "an output of an Async context that the code never names"},
    Rule{"OFN3003", "state-unknown", kWarning, false,
         "a state store that the code names and neither context nor components have"},
    Rule{"OFN3004", "secret-store-unknown", kWarning, false,
         "a secret store that the code names and the components do not have"},
    Rule{"OFN3005", "hook-missing", kWarning, true,
         "a hook of the context that the code does not register"},
    Rule{"OFN3006", "hook-unused", kNote, false,
         "a hook that the code registers and the context does not name"},
    Rule{"OFN3007", "target-missing", kWarning, true, "a target that the code does not define"},
    Rule{"OFN3008", "function-repeated", kWarning, false,
         "a function, a route or a hook that the code registers twice"},
    Rule{"OFN3009", "plugin-unknown", kWarning, false,
         "a plugin that the code asks for and the context does not run"},
    Rule{"OFN4001", "env-file-line", kError, false,
         "a line of a file of variables that the program refuses"},
    Rule{"OFN4002", "variable-unknown", kWarning, true,
         "a variable `OFN_…` that the program does not know, or a misspelt one of the platform"},
    Rule{"OFN4003", "variable-repeated", kWarning, false,
         "a variable that a file sets twice; only the last line counts"},
    Rule{"OFN4004", "variable-value", kError, false,
         "a variable with a value that the program refuses"},
    Rule{"OFN5001", "manifest", kError, false,
         "what `manifest check` finds in a manifest; the finding names its rule"},
    Rule{"OFN6001", "deep-load", kError, false,
         "with `--deep`: a function that cannot be compiled or loaded"},
    Rule{"OFN6002", "deep-hook", kError, false,
         "with `--deep`: a hook of the context that no program registers"},
    Rule{"OFN6003", "deep-delivery", kError, false,
         "with `--deep`: an Async context for a function that cannot take deliveries"},
};

}  // namespace

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case kError:
      return "error";
    case kWarning:
      return "warning";
    case kNote:
      return "note";
  }
  return "";
}

std::span<const Rule> rules() { return kRules; }

const Rule& rule_of(std::string_view id) {
  const auto found = std::ranges::find(kRules, id, &Rule::id);
  OFN_CHECK(found != kRules.end());
  return *found;
}

void Findings::add(std::string_view id, const Spot& spot, std::string found, std::string change,
                   std::string detail) {
  const Rule& rule = rule_of(id);
  all_.push_back({.id = rule.id,
                  .detail = std::move(detail),
                  .severity = rule.severity,
                  .place = place_of(spot),
                  .found = std::move(found),
                  .change = std::move(change),
                  .fix = {}});
}

void Findings::add_fixable(std::string_view id, const Spot& spot, std::string found,
                           std::string change, std::string replacement) {
  add(id, spot, std::move(found), std::move(change));
  if (replacement.empty() || !spot.text->is_file || spot.begin == spot.end) return;
  all_.back().fix.push_back({.file = spot.text->name,
                             .begin = spot.begin,
                             .end = spot.end,
                             .text = std::move(replacement)});
}

std::vector<Finding> Findings::take() && {
  const auto key = [](const Finding& finding) {
    const Place& place = finding.place;
    return std::tie(place.file, place.line, place.column, finding.id, finding.detail,
                    finding.found);
  };
  std::ranges::sort(all_, {}, key);
  const auto rest = std::ranges::unique(all_, {}, key);
  all_.erase(rest.begin(), rest.end());
  return std::move(all_);
}

}  // namespace ofn::check
