// `bindings.localstorage`: files in a folder, with daprd's operations, quirks and words.
//
//   auto storage = LocalStorage::create(component);      // property rootPath
//   (*storage)->invoke({.component = "files", .operation = "create", .data = "bytes\n",
//                       .metadata = {{"fileName", "a/b"}}}, Deadline::never());
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "localdapr/component.h"
#include "localdapr/files/rooted_folder.h"
#include "localdapr/output_binding.h"

namespace ofn::localdapr {

// Quirks kept: `create` unquotes what is a Go string literal, then decodes what is standard base64.
//
// A file is written beside its place and then renamed: a reader sees the old content or all of the
// new one, and nothing is acknowledged that is not on the disk, whole.
// Spec: https://docs.dapr.io/reference/components-reference/supported-bindings/localstorage/
class LocalStorage final : public BlockingBinding {
 public:
  static Result<std::unique_ptr<BlockingBinding>> create(const Component& component);

  std::span<const std::string_view> operations() const override;
  Result<SidecarReply> invoke(const dapr::BindingRequest& request, Deadline deadline) override;

 private:
  explicit LocalStorage(RootedFolder folder) : folder_(std::move(folder)) {}

  Result<SidecarReply> write(std::string_view name, std::string_view data) const;
  Result<SidecarReply> read(std::string_view name) const;
  Result<SidecarReply> list(std::string_view name) const;
  Result<SidecarReply> remove(std::string_view name) const;

  Result<std::string> resolve(std::string_view name) const;
  void append_files(std::string& json, const std::string& folder) const;

  RootedFolder folder_;
};

}  // namespace ofn::localdapr
