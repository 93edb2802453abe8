// A small site: a login form that sets a cookie, an upload, and a download that may continue.
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <ofn/cookies.h>
#include <ofn/form.h>
#include <ofn/function.h>
#include <ofn/multipart.h>
#include <ofn/ranges.h>
#include <ofn/redirect.h>
#include <ofn/url.h>

namespace {

// Functions run on several threads.
class Files {
 public:
  void keep(std::string name, std::string data) {
    const std::lock_guard lock(mutex_);
    files_.insert_or_assign(std::move(name), std::move(data));
  }
  std::optional<std::string> find(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto found = files_.find(name);
    return found == files_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;
};

Files files;

// `next` comes with the request, so it may not lead to another site.
ofn::Response login(const ofn::Request& request) {
  const ofn::Form form = ofn::form(request);
  const std::string_view next = form.get("next").value_or("/");
  ofn::Response response = ofn::redirect(ofn::is_local(next) ? next : "/");
  // A real site checks a password here, and its cookie is a random number that it remembers.
  ofn::set_cookie(response, {.name = "user",
                             .value = ofn::url_encode(form.get("name").value_or("nobody")),
                             .max_age = std::chrono::hours(1)});
  return response;
}

ofn::Response logout() {
  ofn::Response response = ofn::redirect("/");
  ofn::delete_cookie(response, {.name = "user"});
  return response;
}

std::string home(const ofn::Request& request) {
  const auto user = ofn::url_decode(ofn::cookie(request, "user").value_or("nobody"));
  return "hello, " + user.value_or("nobody") + "\n";
}

ofn::Response upload(const ofn::Request& request) {
  const ofn::Multipart form = ofn::multipart(request);
  const ofn::FormPart* const file = form.get("file");
  if (file == nullptr || !file->filename) throw ofn::BadInput("choose a file");
  files.keep(*file->filename, std::string(file->data));
  return ofn::redirect("/files/" + ofn::url_encode(*file->filename));
}

ofn::Response download(const ofn::Request& request) {
  auto data = files.find(std::string(request.param("name").value()));
  if (!data) return ofn::Response("there is no such file\n").status(404);
  return ofn::ranged(request,
                     ofn::Response(*std::move(data)).content_type("application/octet-stream"));
}

}  // namespace

OFN_ROUTE("GET /", home)
OFN_ROUTE("POST /login", login)
OFN_ROUTE("POST /logout", logout)
OFN_ROUTE("POST /files", upload)
OFN_ROUTE("GET /files/{name}", download)
