// Forms with files: whole bodies of the type multipart/form-data. <ofn/multipart_parser.h> reads them in pieces.
//
//   ofn::Response upload(const ofn::Request& request) {
//     const ofn::Multipart form = ofn::multipart(request);    // throws ofn::BadInput; nothing is copied
//     const ofn::FormPart* file = form.get("file");
//     if (file == nullptr) throw ofn::BadInput("choose a file");
//     return "read " + std::to_string(file->data.size()) + " bytes\n";
//   }
//
// A name, a file's name and a content type are data of the client's. They may have any bytes: never
// use a file's name as a path.
// Spec: RFC 7578, RFC 2046 §5.1; names as browsers escape them (WHATWG HTML, "multipart/form-data
// encoding algorithm").
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/lazy.h>
#include <ofn/multipart_parser.h>
#include <ofn/request.h>

namespace ofn {

// One part of a whole body.
struct FormPart {
  std::string name;
  std::optional<std::string> filename;  // nullopt: it is no file. "": no file was chosen
  std::string content_type;             // as sent; "text/plain" if it is missing
  std::string_view data;                // of the request's body
};

// The parts of a whole body, in order. A name may occur more than once.
// Lifetime: `data` lives as long as the body of the request. Threads: any may read it.
class Multipart {
 public:
  // Errors: BadInput.
  OFN_INTERNAL_LAZY static Multipart parse(std::string_view content_type, std::string_view body,
                                           MultipartLimits limits = {}) {
    Multipart form;
    MultipartParser parser(content_type, limits);
    for (const MultipartEvent& event : parser.feed(body)) {
      if (event.step == MultipartStep::kPartBegins) {
        FormPart& part = form.parts_.emplace_back();
        part.name = event.part->name;
        if (event.part->filename) part.filename = std::string(*event.part->filename);
        part.content_type = event.part->content_type;
      } else if (event.step == MultipartStep::kData) {
        // The data of a part is one view, because the body is one piece.
        form.parts_.back().data = event.data;
      }
    }
    parser.finish();
    return form;
  }

  // Returns the first part of that name, or null. Cost: linear. Keep the form in a variable: its
  // parts end with it.
  OFN_INTERNAL_LAZY const FormPart* get(std::string_view name) const& noexcept {
    for (const FormPart& part : parts_) {
      if (part.name == name) return &part;
    }
    return nullptr;
  }
  const FormPart* get(std::string_view name) && = delete;
  // Returns the data of the first part of that name: the value of a field that is no file.
  OFN_INTERNAL_LAZY std::optional<std::string_view> text(std::string_view name) const noexcept {
    const FormPart* const part = get(name);
    return part == nullptr ? std::nullopt : std::optional(part->data);
  }
  // Returns all parts of that name, in order.
  OFN_INTERNAL_LAZY std::vector<const FormPart*> all(std::string_view name) const& {
    std::vector<const FormPart*> found;
    for (const FormPart& part : parts_) {
      if (part.name == name) found.push_back(&part);
    }
    return found;
  }
  std::vector<const FormPart*> all(std::string_view name) && = delete;
  std::size_t size() const noexcept { return parts_.size(); }
  bool empty() const noexcept { return parts_.empty(); }
  const FormPart* begin() const noexcept { return parts_.data(); }
  const FormPart* end() const noexcept { return parts_.data() + parts_.size(); }

 private:
  std::vector<FormPart> parts_;
};

// Returns the parts of the request's body. Errors: BadInput.
OFN_INTERNAL_LAZY Multipart multipart(const Request& request, MultipartLimits limits = {}) {
  return Multipart::parse(request.header("content-type").value_or(std::string_view()),
                          request.body(), limits);
}

}  // namespace ofn
