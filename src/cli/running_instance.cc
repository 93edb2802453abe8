#include "cli/running_instance.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "document/json.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

fs::path real(const fs::path& path) {
  std::error_code error;
  fs::path found = fs::weakly_canonical(path, error);
  return error ? path : found;
}

std::string listed(const std::vector<dev::Instance>& instances) {
  std::string text;
  for (const dev::Instance& each : instances) {
    text += "\n  --instance " + each.name + "   " + each.source + " in " + each.folder + " at " +
            each.url;
  }
  return text;
}

bool is_it(const dev::Instance& instance, const std::string& wanted) {
  return instance.name == wanted || std::to_string(instance.pid) == wanted ||
         instance.source == wanted ||
         real(fs::path(instance.folder) / fs::path(instance.source).filename()) == real(wanted) ||
         real(instance.folder) == real(wanted);
}

Exit exit_of(int status) { return status == 400 ? kExitUsage : kExitFailure; }

}  // namespace

std::expected<dev::Instance, NoInstance> running_instance(const std::string& wanted,
                                                          const Environment& env) {
  const auto folder =
      dev::instance_folder([&](std::string_view name) { return env(std::string(name).c_str()); });
  if (!folder) return std::unexpected(NoInstance{folder.error().message(), kExitFailure});
  const std::vector<dev::Instance> all = dev::running_instances(*folder);
  if (all.empty()) {
    return std::unexpected(
        NoInstance{"no function is served here; start one in another terminal: "
                   "functions-framework dev --source FILE"});
  }
  std::vector<dev::Instance> found;
  if (!wanted.empty()) {
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const dev::Instance& each) { return is_it(each, wanted); });
    if (found.empty()) {
      return std::unexpected(
          NoInstance{"no running function is \"" + wanted + "\"; these run:" + listed(all)});
    }
  } else {
    std::error_code error;
    found = dev::nearest_instances(all, real(fs::current_path(error)));
    if (found.empty()) found = all;
  }
  if (found.size() == 1) return found.front();
  return std::unexpected(
      NoInstance{"several functions are served; say which one:" + listed(found), kExitUsage});
}

std::expected<document::Node, NoInstance> read_reply(const Result<dev::ApiReply>& reply) {
  if (!reply) return std::unexpected(NoInstance{reply.error().message()});
  auto node = document::json_value(reply->body);
  if (!node)
    return std::unexpected(
        NoInstance{"the loop's answer is no JSON: another version?", kExitFailure});
  if (reply->status == 200) return *std::move(node);
  const document::Node* error = node->find("error");
  return std::unexpected(
      NoInstance{error == nullptr ? "the loop answered with status " + std::to_string(reply->status)
                                  : std::string(error->find_text("message")),
                 exit_of(reply->status)});
}

std::expected<document::Node, NoInstance> ask(const dev::ApiClient& client, std::string_view method,
                                              std::string_view target, const std::string& body) {
  return read_reply(client.ask(method, target, body));
}

}  // namespace ofn::cli
