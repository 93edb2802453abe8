// A function that makes the calls which its data lists, and answers with what became of each: one text for every sidecar.
//
//   save state k one
//   get state k
#include <sstream>
#include <string>
#include <vector>

#include <ofn/function.h>

namespace {

std::string told(const ofn::Failure& failure) {
  return std::string(ofn::code_name(failure.code)) + ": " + failure.message;
}

template <class Reply, class Show>
std::string told(const Reply& reply, Show show) {
  return reply.ok() ? "OK " + show(*reply.operator->()) : told(reply.failure());
}

// "-": none; "own": the stored one.
std::optional<std::string> etag_of(ofn::Context& context, const std::string& store,
                                   const std::string& key, const std::string& word) {
  if (word.empty() || word == "-") return std::nullopt;
  if (word != "own") return word;
  const auto stored = context.get_state(store, key);
  return stored.ok() ? stored->etag : std::string();
}

std::string make_call(ofn::Context& context, const std::string& line) {
  std::istringstream words(line);
  std::string act;
  std::string where;
  std::string key;
  std::string value;
  std::string etag;
  words >> act >> where >> key >> value >> etag;
  const auto nothing = [](const ofn::Done&) { return std::string(); };
  const auto one = [](const ofn::StateValue& stored) {
    return (stored.etag.empty() ? "absent " : "stored ") + stored.data;
  };
  if (act == "get") return told(context.get_state(where, key), one);
  if (act == "save") {
    return told(
        context.save_state(
            where, {.key = key, .value = value, .etag = etag_of(context, where, key, etag)}),
        nothing);
  }
  if (act == "save-first") {
    return told(
        context.save_state(
            where, {.key = key, .value = value, .concurrency = ofn::Concurrency::kFirstWrite}),
        nothing);
  }
  if (act == "delete") {
    return told(
        context.delete_state(
            {.store = where, .item = {.key = key, .etag = etag_of(context, where, key, value)}}),
        nothing);
  }
  if (act == "get-both") {
    return told(context.get_states({.store = where, .keys = {key, value}}),
                [](const std::vector<ofn::StateValue>& all) {
                  std::string text;
                  for (const ofn::StateValue& each : all) text += each.key + "=" + each.data + ";";
                  return text;
                });
  }
  if (act == "transact") {
    return told(context.transact_state(
                    {.store = where,
                     .operations = {{.type = "upsert", .item = {.key = key, .value = "done"}},
                                    {.type = value, .item = {.key = key + "2", .value = "done"}}}}),
                nothing);
  }
  if (act == "secret") {
    return told(context.get_secret(where, key), [](const ofn::Secret& secret) {
      std::string text;
      for (const ofn::Header& entry : secret.entries) text += entry.name + "=" + entry.value + ";";
      return text;
    });
  }
  if (act == "send") {
    const ofn::SendReport sent = context.send(where, key);
    return sent ? "OK" : sent.error();
  }
  return "unknown: " + line;
}

}  // namespace

ofn::Out parity(ofn::Context& context, ofn::Bytes data) {
  std::string answers;
  std::istringstream lines{std::string(data)};
  for (std::string line; std::getline(lines, line);) answers += make_call(context, line) + "\n";
  return ofn::Out::success(answers).with("forward", "false");
}
OFN_FUNCTION(parity)
