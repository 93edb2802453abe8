// `bindings.localstorage`: files in a folder, with daprd's operations, behaviour and messages.
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

// Keeps daprd's special behaviour: `create` unquotes data that is a Go string literal, and then
// decodes data that is standard base64.
//
// A file is written under another name and then renamed, so a reader sees either the old content or
// the whole new one. Data is acknowledged only when it is completely on the disk.
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
