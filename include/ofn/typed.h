// Functions of your own types, from JSON to JSON, with one declaration beside each struct.
//
//   #include <ofn/function.h>
//   #include <ofn/typed.h>
//
//   struct Order { std::string item; int count = 1; std::optional<std::string> note; };
//   OFN_FIELDS(Order, item, count, note)
//   struct Receipt { std::string text; };
//   OFN_FIELDS(Receipt, text)
//
//   Receipt order(const Order& order) { return {order.item}; }
//
// A and R are types of <ofn/fields.h>. The forms:
//
//   R f(const A&)   R f(const Request&, const A&)   each also with a Context& first   typed: POST, a JSON body
//   R f()   R f(const Request&)   R f(Request)   the last two also with a Context& first; R f(Context&)   http
//
// R is the answer: a JSON body; 204 if it is void; 404 if it is an empty std::optional; an ofn::Json<R> with its status and headers;
// or a Response. Each form may be a coroutine that returns a task<R>. Text stays text: a std::string that a function of the second
// line returns is the body, not JSON.
//
// A body that does not fit gets a 400 that names each field: "$.count: expected an integer from
// -2147483648 to 2147483647, found a string". A client that accepts JSON gets it as application/problem+json (RFC 9457).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ofn/abi.h>
#include <ofn/describe.h>
#include <ofn/failure.h>
#include <ofn/fields.h>
#include <ofn/json.h>
#include <ofn/signature.h>

namespace ofn::internal {

template <class T>
constexpr bool kIsJson = false;
template <class T>
constexpr bool kIsJson<Json<T>> = true;

template <class R>
concept TypedResult =
    std::is_void_v<R> || std::same_as<R, Response> || kIsJson<R> || Describable<R>;
// The result of a function, or of its task.
template <class R>
using TypedAnswer = std::remove_cvref_t<Awaited<std::remove_cvref_t<R>>>;
// A result that is JSON even if the function has no argument of the author's types.
template <class R>
concept JsonAnswer = TypedResult<TypedAnswer<R>> && !std::is_void_v<TypedAnswer<R>> &&
                     (kIsJson<TypedAnswer<R>> || !std::is_convertible_v<TypedAnswer<R>, Response>);
template <class A>
concept OwnArgument = TypedArgument<std::remove_cvref_t<A>>;

// The argument or result of a typed function, for the schema. A result is described without the ofn::Json and the optional around it.
template <class T>
constexpr abi::TypedEnd typed_end() {
  abi::TypedEnd end;
  if constexpr (kIsOptional<T>) {
    end = typed_end<typename T::value_type>();
    end.may_be_none = true;
  } else if constexpr (kIsJson<T>) {
    end = typed_end<std::remove_cvref_t<decltype(std::declval<T&>().value())>>();
    end.has_head = true;
  } else if constexpr (std::same_as<T, Response>) {
    end.has_head = true;
  } else if constexpr (Coded<T>) {
    end.media_type = Codec<T>::media_type;
  } else if constexpr (!std::is_void_v<T>) {
    end.type = &type_of<T>;
  }
  return end;
}

// Returns nullopt if the host or the decoder has already answered with an error.
template <class A>
std::optional<A> read_argument(const abi::Call& call, abi::Outcome& outcome) {
  std::optional<A> argument;
  if constexpr (Coded<A>) {
    if (!call.json->accept(call, Codec<A>::media_type, outcome.response)) return argument;
    try {
      argument.emplace(Codec<A>::decode(call.request->body()));
    } catch (const BadInput& error) {
      call.json->refuse(call, 400, error.what(), outcome.response);
    }
  } else if (!call.json->read_request(call, type_of<A>(), &argument.emplace(), outcome.response)) {
    argument.reset();
  }
  return argument;
}

template <class R>
void write_result(const abi::Call& call, R&& result, Response& response) {
  using T = std::remove_cvref_t<R>;
  if constexpr (std::same_as<T, Response>) {
    response = std::forward<R>(result);
  } else if constexpr (kIsOptional<T>) {
    if (!result) return call.json->refuse(call, 404, "there is no such thing here", response);
    write_result(call, *std::forward<R>(result), response);
  } else if constexpr (kIsJson<T>) {
    write_result(call, result.value(), response);
    const Response head = std::forward<R>(result).take_head();
    response.status(head.status());
    for (const Header& header : head.headers()) {
      if (same_field_name(header.name, "content-type")) {
        response.content_type(header.value);
      } else {
        response.header(header.name, header.value);
      }
    }
  } else if constexpr (Coded<T>) {
    response = Response(Codec<T>::encode(result)).content_type(Codec<T>::media_type);
  } else {
    std::string text;
    call.json->write(type_of<T>(), &result, text);
    response = Response(std::move(text)).content_type("application/json");
  }
}

// How to call a function with parameters P. A is the author's type among them, or void.
template <class A, class R, class... P>
struct OFN_INTERNAL_HIDDEN TypedForm {
  using Answer = TypedAnswer<R>;
  static constexpr abi::Signature kSignature =
      std::is_void_v<A> ? abi::Signature::kHttp : abi::Signature::kTyped;
  static constexpr bool kTakesContext = (std::same_as<P, Context&> || ...);
  static constexpr bool kStreams = false;
  static constexpr abi::Typed kTyped = {.argument = typed_end<A>(), .result = typed_end<Answer>()};
  // Stands for the argument of a function that has none.
  using Given = std::conditional_t<std::is_void_v<A>, std::monostate, A>;

  template <class Parameter>
  static Parameter pass(const abi::Call& call, Given& given) {
    if constexpr (std::same_as<Parameter, Context&>) {
      return *call.context;
    } else if constexpr (Argument<Parameter, Request>) {
      return internal::given<Parameter>(call.request, call.own_request);
    } else {
      return static_cast<Parameter>(given);
    }
  }

  static R run(R (*function)(P...), const abi::Call& call, Given& given) {
    return function(pass<P>(call, given)...);
  }

  // The argument lives as long as the coroutine that takes it.
  static task<void> run_later(R (*function)(P...), const abi::Call& call, abi::Outcome& outcome,
                              Given given) {
    if constexpr (std::is_void_v<Answer>) {
      co_await run(function, call, given);
      outcome.response.status(204);
    } else {
      write_result(call, co_await run(function, call, given), outcome.response);
    }
  }

  static void call(R (*function)(P...), const abi::Call& call, abi::Outcome& outcome) {
    std::optional<Given> given;
    if constexpr (std::is_void_v<A>) {
      given.emplace();
    } else {
      given = read_argument<A>(call, outcome);
      if (!given) return;
    }
    if constexpr (kIsTask<std::remove_cvref_t<R>>) {
      become(run_later(function, call, outcome, *std::move(given)), call, outcome);
    } else if constexpr (std::is_void_v<Answer>) {
      run(function, call, *given);
      outcome.response.status(204);
    } else {
      write_result(call, run(function, call, *given), outcome.response);
    }
  }
};

// The supported functions. A row is one form, as OFN_INTERNAL_SERVES has them.
#define OFN_INTERNAL_SERVES_TYPED(...)                        \
  template <class R, OwnArgument A>                           \
    requires TypedResult<TypedAnswer<R>>                      \
  struct OFN_INTERNAL_HIDDEN Form<R (*)(__VA_ARGS__)>         \
      : TypedForm<std::remove_cvref_t<A>, R, __VA_ARGS__> {}; \
  template <class R, OwnArgument A>                           \
    requires TypedResult<TypedAnswer<R>>                      \
  constexpr auto select(R (*function)(__VA_ARGS__)) {         \
    return function;                                          \
  }
#define OFN_INTERNAL_SERVES_JSON(...)                     \
  template <JsonAnswer R>                                 \
  struct OFN_INTERNAL_HIDDEN Form<R (*)(__VA_ARGS__)>     \
      : TypedForm<void, R __VA_OPT__(, ) __VA_ARGS__> {}; \
  template <JsonAnswer R>                                 \
  constexpr auto select(R (*function)(__VA_ARGS__)) {     \
    return function;                                      \
  }

OFN_INTERNAL_SERVES_TYPED(A)
OFN_INTERNAL_SERVES_TYPED(Context&, A)
OFN_INTERNAL_SERVES_TYPED(const Request&, A)
OFN_INTERNAL_SERVES_TYPED(Context&, const Request&, A)
OFN_INTERNAL_SERVES_JSON()
OFN_INTERNAL_SERVES_JSON(const Request&)
OFN_INTERNAL_SERVES_JSON(Request)
OFN_INTERNAL_SERVES_JSON(Context&)
OFN_INTERNAL_SERVES_JSON(Context&, const Request&)
OFN_INTERNAL_SERVES_JSON(Context&, Request)

#undef OFN_INTERNAL_SERVES_JSON
#undef OFN_INTERNAL_SERVES_TYPED

}  // namespace ofn::internal
