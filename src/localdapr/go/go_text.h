// Text as Go's standard library reads and writes it. daprd and its components are Go programs, and
// some of its habits reach their users: bindings.localstorage unquotes and decodes what it is
// given, answers are JSON with Go's escapes, metadata holds Go's booleans and durations.
//
//   go_unquote("\"a\\n\"")  → "a\n"        go_base64("dGVzdA==\n") → "test"
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ofn::localdapr {

// The text that a Go string literal ("…", `…` or 'x') stands for; nullopt if `text` is not one. Bytes that
// are not UTF-8 become U+FFFD in the quoted forms and stay in the raw one. Spec: strconv.Unquote.
std::optional<std::string> go_unquote(std::string_view text);

// Standard padded base64 that may be broken by CR and LF and may leave bits over.
// Spec: base64.StdEncoding.DecodeString.
std::optional<std::string> go_base64(std::string_view text);

// Appends `text` as a JSON string: &, < and > are escaped, bytes that are not UTF-8 become U+FFFD.
// Spec: json.Marshal.
void append_go_json(std::string& json, std::string_view text);

// The target under which Go's HTTP client asks for a path that was written down: characters that may not stand in
// a URL are percent-encoded, a fragment is left out. nullopt for control characters, and for a % in the path without
// two hexadecimal digits behind it. Spec: url.Parse, URL.RequestURI.
std::optional<std::string> go_request_target(std::string_view path);

// "1", "t", "true" and so on; nullopt for anything else. Spec: strconv.ParseBool.
std::optional<bool> go_bool(std::string_view text);
// "y", "yes", "true", "t", "on", "1" in any case, with white space around; all else is false.
bool is_truthy(std::string_view text);

// "1m30s", "1.5h", "300ms", and a plain number as seconds. nullopt for any other text, below zero, and for more
// than a hundred years. Spec: time.ParseDuration.
std::optional<std::chrono::nanoseconds> go_duration(std::string_view text);
// Bytes: "100", "64Ki", "10Mi", "1Gi", "5k", "2M", "1G". nullopt for any other text and for more than 2^62.
std::optional<std::int64_t> byte_size(std::string_view text);

}  // namespace ofn::localdapr
