// Reads any bytes as a component file of the local sidecar. A component must be usable, a problem
// must say where it is, and reading may not take long (libFuzzer's -timeout).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/log.h"
#include "localdapr/catalogue.h"
#include "localdapr/component_loader.h"
#include "localdapr/component_properties.h"
#include "localdapr/topic_scopes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ofn::localdapr::LoaderOptions options{
      .app_id = "app", .environment = [](std::string_view name) -> std::optional<std::string> {
        return std::string(name);
      }};
  ofn::NullLog log;
  const std::string text(data, data + size);
  const auto loaded = ofn::localdapr::parse_components(text, "fuzz.yaml", options, log);
  for (const ofn::localdapr::Component& component : loaded.components) {
    OFN_CHECK(!component.name.empty() && !component.type.empty() && component.line > 0);
    OFN_CHECK(component.file == "fuzz.yaml");
    // Reading the properties must not end the process either.
    if (const auto* type = ofn::localdapr::find_type(component.type)) {
      (void)ofn::localdapr::check_properties(component, *type, log);
    }
    (void)ofn::localdapr::direction_of(component);
    (void)ofn::localdapr::TopicScopes(component, "app").may_publish(component.name);
  }
  for (const ofn::Error& problem : loaded.problems) {
    OFN_CHECK(!problem.message().empty());
    OFN_CHECK(problem.text().find("file=fuzz.yaml") != std::string::npos);
  }
  return 0;
}
