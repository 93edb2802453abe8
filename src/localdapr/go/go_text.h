// Text as Go's standard library reads and writes it. daprd and its components are Go programs, and
// their users notice Go's behaviour: bindings.localstorage unquotes and decodes its data, answers
// are JSON with Go's escapes, and metadata contains Go's booleans and durations.
//
//   go_unquote("\"a\\n\"");       // "a\n"
//   go_base64("dGVzdA==\n");     // "test"
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ofn::localdapr {

// Returns the text that a Go string literal ("…", `…` or 'x') stands for; nullopt if `text` is not
// a literal. Bytes that are not UTF-8 become U+FFFD in the quoted forms and are kept in the raw
// form. Spec: strconv.Unquote.
std::optional<std::string> go_unquote(std::string_view text);

// Decodes standard padded base64, which may contain CR and LF and may have unused bits that are not
// zero. Spec: base64.StdEncoding.DecodeString.
std::optional<std::string> go_base64(std::string_view text);

// Appends `text` as a JSON string: &, < and > are escaped, bytes that are not UTF-8 become U+FFFD.
// Spec: json.Marshal.
void append_go_json(std::string& json, std::string_view text);

// Returns the request target that Go's HTTP client makes from a path: characters that a URL may not
// contain are percent-encoded, and a fragment is removed. Returns nullopt for control characters,
// and for a % in the path without two hexadecimal digits after it. Spec: url.Parse, URL.RequestURI.
std::optional<std::string> go_request_target(std::string_view path);

// Reads "1", "t", "true" and so on; returns nullopt for anything else. Spec: strconv.ParseBool.
std::optional<bool> go_bool(std::string_view text);
// Returns true for "y", "yes", "true", "t", "on", "1" in any case, with white space around; false
// for any other text.
bool is_truthy(std::string_view text);

// Reads "1m30s", "1.5h", "300ms", and a plain number as seconds. Returns nullopt for any other
// text, for negative values, and for more than a hundred years. Spec: time.ParseDuration.
std::optional<std::chrono::nanoseconds> go_duration(std::string_view text);
// Reads a number of bytes: "100", "64Ki", "10Mi", "1Gi", "5k", "2M", "1G". Returns nullopt for any
// other text and for more than 2^62.
std::optional<std::int64_t> byte_size(std::string_view text);

}  // namespace ofn::localdapr
