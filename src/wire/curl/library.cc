#include "wire/curl/library.h"

#include "os/module.h"

namespace ofn::wire::curl {

Result<Library> open_library(const std::string& needed_by) {
  const auto module = os::Module::open({"libcurl.so.4", "libcurl-gnutls.so.4", "libcurl.so"});
  if (!module) {
    return fail(Code::kFailedPrecondition,
                needed_by +
                    " needs libcurl, which is not installed (Debian and Ubuntu: apt-get "
                    "install libcurl4): " +
                    module.error().message());
  }
  Library curl{};
  if (!module->bind("curl_global_init", curl.global_init) ||
      !module->bind("curl_easy_init", curl.easy_init) ||
      !module->bind("curl_easy_setopt", curl.easy_setopt) ||
      !module->bind("curl_easy_getinfo", curl.easy_getinfo) ||
      !module->bind("curl_easy_perform", curl.easy_perform) ||
      !module->bind("curl_easy_reset", curl.easy_reset) ||
      !module->bind("curl_easy_cleanup", curl.easy_cleanup) ||
      !module->bind("curl_easy_strerror", curl.easy_strerror) ||
      !module->bind("curl_slist_append", curl.slist_append) ||
      !module->bind("curl_slist_free_all", curl.slist_free_all) ||
      !module->bind("curl_multi_init", curl.multi_init) ||
      !module->bind("curl_multi_setopt", curl.multi_setopt) ||
      !module->bind("curl_multi_add_handle", curl.multi_add_handle) ||
      !module->bind("curl_multi_remove_handle", curl.multi_remove_handle) ||
      !module->bind("curl_multi_socket_action", curl.multi_socket_action) ||
      !module->bind("curl_multi_info_read", curl.multi_info_read) ||
      !module->bind("curl_multi_cleanup", curl.multi_cleanup) ||
      curl.global_init(kGlobalDefault) != 0) {
    return fail(Code::kFailedPrecondition, "the installed libcurl cannot be used by " + needed_by);
  }
  return curl;
}

}  // namespace ofn::wire::curl
