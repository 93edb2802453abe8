"""A function of an unsupported type is one readable error that names the supported types; ignoring a result that must be used is a warning."""

import pytest

HEAD = "".join(f"#include <ofn/{name}.h>\n" for name in (
    "function", "errors", "http_client", "middleware", "plugin", "reader", "semaphore", "typed", "when_any"))
# The most lines that a compiler prints about one wrong use.
LINES = 10
UNSUPPORTED = "ofn: a function of this type is not supported; supported are"
FORMS = [
    "ofn::Response f(const ofn::Request&)",
    "void f(const ofn::CloudEvent&)",
    "void f(const ofn::EventData&, const ofn::EventContext&)",
    "ofn::Out f(ofn::Context&, ofn::Bytes)",
    "R f(const ofn::Request&, ofn::Reader&)",
    "R f(const A&)",
]

FUNCTIONS = [
    # the mistake, the declaration
    ("its argument", "int f(int);"),
    ("its result", "struct X {}; X f(const ofn::Request&);"),
    ("no result", "void f(const ofn::Request&);"),
    ("the body before the request", "struct A { int x; }; OFN_FIELDS(A, x); int f(const A&, const ofn::Request&);"),
    ("a request that is not const", "ofn::Response f(ofn::Request&);"),
    ("a request to move from", "ofn::Response f(ofn::Request&&);"),
    ("a pointer", "ofn::Response f(const ofn::Request*);"),
    ("one argument too many", "ofn::Response f(const ofn::Request&, int);"),
    ("the context last", "ofn::Out f(ofn::Bytes, ofn::Context&);"),
    ("the context by value", "ofn::Out f(ofn::Context, ofn::Bytes);"),
    ("the context const", "ofn::Out f(const ofn::Context&, ofn::Bytes);"),
    ("bytes that are not const", "ofn::Out f(ofn::Context&, ofn::Bytes&);"),
    ("a result that is not an Out", "struct X {}; X f(ofn::Context&, ofn::Bytes);"),
    ("an event that is not const", "void f(ofn::CloudEvent&);"),
    ("an event's result", "int f(const ofn::CloudEvent&);"),
    ("a background event's result", "int f(const ofn::EventData&, const ofn::EventContext&);"),
    ("half a background event", "void f(const ofn::EventData&);"),
    ("a background event the wrong way", "void f(const ofn::EventContext&, const ofn::EventData&);"),
    ("a lambda", "auto f = [](const ofn::Request&) { return ofn::Response(); };"),
    ("a writer alone", "void f(ofn::Writer&);"),
    ("a writer by value", "void f(const ofn::Request&, ofn::Writer);"),
    ("a writer and a result", "ofn::Response f(const ofn::Request&, ofn::Writer&);"),
    ("a reader alone", "ofn::Response f(ofn::Reader&);"),
    ("a reader by value", "ofn::Response f(const ofn::Request&, ofn::Reader);"),
    ("a reader that is const", "ofn::Response f(const ofn::Request&, const ofn::Reader&);"),
    ("a reader first", "ofn::Response f(ofn::Reader&, const ofn::Request&);"),
    ("a reader without a result", "void f(const ofn::Request&, ofn::Reader&);"),
    ("a reader, a writer and a result", "ofn::Response f(const ofn::Request&, ofn::Reader&, ofn::Writer&);"),
    ("a writer before a reader", "void f(const ofn::Request&, ofn::Writer&, ofn::Reader&);"),
    ("a reader of events", "void f(const ofn::CloudEvent&, ofn::Reader&);"),
    ("a reader of data", "ofn::Out f(ofn::Context&, ofn::Bytes, ofn::Reader&);"),
    ("a task whose result is not an answer", "struct X {}; ofn::task<X> f(const ofn::Request&);"),
    ("a struct without OFN_FIELDS", "struct A { int x; }; int f(const A&);"),
    ("a result without OFN_FIELDS", "struct A { int x; }; OFN_FIELDS(A, x); struct B {}; B f(const A&);"),
]


def errors(said):
    return [line for line in said.splitlines() if " error: " in line]


@pytest.mark.parametrize(("wrong", "declaration"), FUNCTIONS, ids=[row[0] for row in FUNCTIONS])
def test_one_error_names_the_supported_forms(compiler, wrong, declaration):
    done = compiler(f"{declaration}\nOFN_FUNCTION(f);\n", "-fsyntax-only", head=HEAD)
    assert done.returncode != 0, f"{wrong} is accepted"
    (error,) = errors(done.stderr)
    assert f"static assertion failed: {UNSUPPORTED}" in error
    assert all(form in done.stderr for form in FORMS)
    assert len(done.stderr.splitlines()) <= LINES  # without a page of templates
    assert max(len(line) for line in done.stderr.splitlines()) < 220
    assert "<stdin>:" in done.stderr  # with the author's line


def test_each_compiler_names_the_type_behind_the_loaders_marker(each_compiler):
    """src/loader/unit.cc reads the type from this message."""
    done = each_compiler("#include <ofn/function.h>\nint f(int, char);\nOFN_FUNCTION(f);\n", "-fsyntax-only")
    assert "kIsSupported<int (*)(int, char)>" in done.stderr
    assert len(errors(done.stderr)) == 1


OTHERS = [
    # the mistake, the source, the text of the first error
    ("a field of another type", "struct A { void* x; }; OFN_FIELDS(A, x); int f(const A&); OFN_FUNCTION(f)",
     "ofn: this type cannot be part of a typed function's argument or result; supported are"),
    ("a limit of a text", "struct A { std::string x; }; OFN_FIELDS(A, (x, ofn::min(1))); int f(const A&); OFN_FUNCTION(f)",
     "ofn: ofn::min and ofn::max are options of a number"),
    ("a length of a number", "struct A { int x; }; OFN_FIELDS(A, (x, ofn::length(1))); int f(const A&); OFN_FUNCTION(f)",
     "ofn: ofn::length is an option of a text, list, set or map"),
    ("a text of a text", "struct A { std::string x; }; OFN_FIELDS(A, (x, ofn::as_text)); int f(const A&); OFN_FUNCTION(f)",
     "ofn: ofn::as_text is an option of an integer"),
    ("a pattern of a number", 'struct A { int x; }; OFN_FIELDS(A, (x, ofn::pattern<"a">)); int f(const A&); OFN_FUNCTION(f)',
     "ofn: ofn::pattern is an option of a text"),
    ("a value without a description", "struct A { int x; }; void f(const ofn::Request&, ofn::Writer& w) { w.line(A{1}); } OFN_FUNCTION(f)",
     "ofn: a value that is not text is written as JSON: include <ofn/json.h>"),
    ("an option that is none", "struct A { int x; }; OFN_FIELDS(A, (x, 7)); int f(const A&); OFN_FUNCTION(f)",
     "ofn: this is not an option of a field"),
    ("a word too few", 'struct A { int x; }; OFN_FIELDS(A, x); struct B { int x; }; OFN_FIELDS(B, x); using V = std::variant<A, B>; '
     'OFN_VARIANT(V, "kind", "a"); int f(const V&); OFN_FUNCTION(f)',
     "ofn: OFN_VARIANT needs one word for each alternative of the std::variant"),
    ("an alternative that is no struct", 'struct A { int x; }; OFN_FIELDS(A, x); using V = std::variant<A, int>; '
     'OFN_VARIANT(V, "kind", "a", "b"); int f(const V&); OFN_FUNCTION(f)',
     "ofn: each alternative of OFN_VARIANT is a struct with OFN_FIELDS"),
    ("a field that is not there", "struct A { int x; }; OFN_FIELDS(A, y); int f(const A&); OFN_FUNCTION(f)",
     "ofn: OFN_FIELDS names what is no data member of the type, or is private"),
    ("an enumerator that is not there", "enum class E { x }; OFN_ENUM(E, x, y); struct A { E e; }; OFN_FIELDS(A, e); int f(const A&); OFN_FUNCTION(f)",
     "ofn: OFN_ENUM names what is no enumerator of the type"),
    ("a plugin that is none", 'struct P {}; OFN_PLUGIN(P, "p", "1")',
     "ofn: a plugin is a class that derives from ofn::Plugin and needs no arguments"),
    ("a closure that GCC destroys twice", "#include <ofn/await.h>\nofn::task<int> g(std::string text) { co_return co_await ofn::on_worker("
     "[text] { return 1; }); }", "ofn: GCC destroys this closure twice"),
    ("a callback's closure that GCC destroys twice", "#include <ofn/await.h>\nofn::task<> g(std::string text) { co_await ofn::callback("
     "[text](auto done) { done(); }); }", "ofn: GCC destroys this closure twice"),
    ("a worker's reference", "#include <ofn/await.h>\nofn::task<> g() { int x = 1; co_await ofn::on_worker([&]() -> int& { return x; }); }",
     "ofn: what ofn::on_worker() runs returns a value"),
    ("a temporary that GCC destroys twice", "ofn::task<ofn::Out> f(ofn::Context& context) { co_await context.async_ask("
     "ofn::GetState{}); co_return ofn::Out::success(); }; OFN_FUNCTION(f)", "use of deleted function"),
    ("options that GCC destroys twice", 'ofn::task<ofn::Out> f(ofn::Context& context) { co_await context.async_send("a", "b", '
     "{}); co_return ofn::Out::success(); }; OFN_FUNCTION(f)", "use of deleted function"),
    ("a wait for something that is not a task", "ofn::task<ofn::Response> f(const ofn::Request&) { co_await 1; co_return ofn::Response(); }; OFN_FUNCTION(f)",
     "ofn: a task can await other tasks, ofn::when_all(), ofn::sleep_for(), what the async_"),
    ("a wait for a std::future", "#include <future>\nofn::task<> g() { std::future<int> f; co_await f; }",
     "ofn: a task can await other tasks, ofn::when_all(), ofn::sleep_for(), what the async_"),
]

# The same, if the error is one of the language: the compiler lists candidates behind it.
LANGUAGE = [
    ("an overload set with two supported", "int f(); ofn::Response f(const ofn::Request&); std::string f(const "
     "ofn::CloudEvent&); ofn::Out f(ofn::Context&, ofn::Bytes); OFN_FUNCTION(f)",
     "call of overloaded 'select(<unresolved overloaded function type>)' is ambiguous"),
    ("a wait in a function that is no task", "#include <ofn/await.h>\nofn::Response f(const ofn::Request&) { co_await ofn::sleep_for("
     "std::chrono::seconds(1)); return 1; }", "unable to find the promise type for this coroutine"),
    ("a callback of another type", "#include <ofn/await.h>\nofn::task<> g() { co_await ofn::callback<int>([](ofn::Completion<std::string>) {}); }",
     "no matching function for call to"),
    ("the first of no tasks", "#include <ofn/when_any.h>\nofn::task<> g() { co_await ofn::when_any(); }",
     "no matching function for call to"),
    ("the first of what is not a task", "#include <ofn/when_any.h>\nofn::task<> g() { co_await ofn::when_any(ofn::sleep_for(std::chrono::seconds(1))); }",
     "no matching function for call to"),
    ("a name that is unknown", "OFN_FUNCTION(f)", "'f' was not declared in this scope"),
    ("a member", "struct S { ofn::Response f(const ofn::Request&); }; OFN_FUNCTION(S::f)",
     "invalid use of non-static member function"),
]


ERROR_HANDLERS = [
    # the mistake, the declaration
    ("an exception by value", "ofn::Response h(std::logic_error);"),
    ("an exception that is not const", "ofn::Response h(std::logic_error&);"),
    ("no exception", "ofn::Response h();"),
    ("a request alone", "ofn::Response h(const ofn::Request&);"),
    ("the request first", "ofn::Response h(const ofn::Request&, const std::logic_error&);"),
    ("no answer", "void h(const std::logic_error&);"),
    ("a number as an answer", "int h(const std::logic_error&);"),
    ("a task", "ofn::task<ofn::Response> h(const std::logic_error&);"),
    ("a lambda", 'auto h = [](const std::logic_error&) { return "x"; };'),
]


@pytest.mark.parametrize(("wrong", "declaration"), ERROR_HANDLERS, ids=[row[0] for row in ERROR_HANDLERS])
def test_one_error_says_what_an_error_handler_is(compiler, wrong, declaration):
    done = compiler(f"{declaration}\nOFN_ERROR_HANDLER(h);\n", "-fsyntax-only", head=HEAD)
    assert done.returncode != 0, f"{wrong} is accepted"
    (error,) = errors(done.stderr)
    assert "static assertion failed: ofn: an error handler is ofn::Response f(const E&)" in error
    assert len(done.stderr.splitlines()) <= LINES
    assert "<stdin>:" in done.stderr


MIDDLEWARE = [
    # the mistake, the source, the text of the only error
    ("a check without an answer", "void h(const ofn::Request&); OFN_BEFORE(h)", "ofn: OFN_BEFORE takes std::optional<ofn::Response>"),
    ("a check that always answers", "ofn::Response h(const ofn::Request&); OFN_BEFORE(h)", "ofn: OFN_BEFORE takes std::optional<ofn::Response>"),
    ("a check that is a task", "ofn::task<std::optional<ofn::Response>> h(const ofn::Request&); OFN_BEFORE(h)", "ofn: OFN_BEFORE takes"),
    ("the route last", 'std::optional<ofn::Response> h(const ofn::Request&); OFN_BEFORE(h, "/a")', "ofn: OFN_BEFORE takes"),
    ("no function", 'OFN_BEFORE("/a")', "ofn: OFN_BEFORE takes"),
    ("the answer alone", "void h(ofn::Response&); OFN_AFTER(h)", "ofn: OFN_AFTER takes void f(const ofn::Request&, ofn::Response&)"),
    ("an answer that is const", "void h(const ofn::Request&, const ofn::Response&); OFN_AFTER(h)", "ofn: OFN_AFTER takes"),
    ("a field that is not there", 'OFN_CORS(.origin = {"a"})', "has no non-static data member named 'origin'"),
    ("a text in place of a list", 'OFN_CORS(.origins = "a")', "could not convert"),
    ("a token in the source", 'OFN_TOKENS(.bearer = "secret")', "has no non-static data member named 'bearer'"),
]


@pytest.mark.parametrize(("wrong", "source", "expected"), MIDDLEWARE, ids=[row[0] for row in MIDDLEWARE])
def test_one_error_says_what_middleware_is(compiler, wrong, source, expected):
    done = compiler(f"{source}\n", "-fsyntax-only", head=HEAD)
    assert done.returncode != 0, f"{wrong} is accepted"
    assert expected in errors(done.stderr)[0]
    assert len(done.stderr.splitlines()) <= LINES


@pytest.mark.parametrize(("wrong", "source", "expected"), OTHERS, ids=[row[0] for row in OTHERS])
def test_one_short_error_says_it(compiler, wrong, source, expected):
    done = compiler(f"{source};\n", "-fsyntax-only", head=HEAD)
    assert done.returncode != 0, f"{wrong} is accepted"
    assert expected in errors(done.stderr)[0]
    assert len(done.stderr.splitlines()) <= LINES


@pytest.mark.parametrize(("wrong", "source", "expected"), LANGUAGE, ids=[row[0] for row in LANGUAGE])
def test_the_first_error_says_it(compiler, wrong, source, expected):
    done = compiler(f"{source};\n", "-fsyntax-only", head=HEAD)
    assert done.returncode != 0, f"{wrong} is accepted"
    assert expected in errors(done.stderr)[0]


SUPPORTED = [
    "ofn::Response f();",
    "const char* f(ofn::Request);",
    "std::string f(ofn::Context&, const ofn::Request&) noexcept;",
    "std::optional<ofn::CloudEvent> f(ofn::CloudEvent);",
    "void f(ofn::Context&, ofn::EventData, ofn::EventContext);",
    "void f(ofn::Context&, const ofn::Bytes&);",
    "struct A { int x; }; OFN_FIELDS(A, x); A f(ofn::Context&, A);",
    "ofn::Response f(const ofn::Request&); int f(int);",
    "void f(const ofn::Request&, ofn::Writer&);",
    "ofn::task<> f(ofn::Context&, ofn::Request, ofn::Writer&);",
    "ofn::Response f(const ofn::Request&, ofn::Reader&);",
    "std::string f(ofn::Context&, ofn::Request, ofn::Reader&) noexcept;",
    "void f(ofn::Context&, const ofn::Request&, ofn::Reader&, ofn::Writer&);",
    "ofn::task<const char*> f(const ofn::Request&, ofn::Reader&);",
    "ofn::task<> f(ofn::Request, ofn::Reader&, ofn::Writer&);",
    "ofn::task<ofn::Response> f(const ofn::Request&);",
    "ofn::task<const char*> f();",
    "ofn::task<> f(ofn::Context&, const ofn::CloudEvent&);",
    "ofn::task<ofn::Out> f(ofn::Context&, ofn::Bytes);",
    "ofn::task<> f(const ofn::EventData&, const ofn::EventContext&);",
    "struct A { int x; }; OFN_FIELDS(A, x); ofn::task<A> f(const A&);",
    "struct A { int x; }; OFN_FIELDS(A, x); ofn::Json<A> f(ofn::Context&, const ofn::Request&, const A&);",
    "std::vector<int> f();",
    "ofn::task<std::optional<int>> f(ofn::Context&, ofn::Request);",
    "int f(ofn::Context&);",
    "struct A { std::vector<bool> x; }; OFN_FIELDS(A, x); int f(const A&);",
]


@pytest.mark.parametrize("declaration", SUPPORTED)
def test_the_supported_compile(compiler, declaration):
    """These compile, so the rows of the tables above fail because of their mistake and not for another reason."""
    done = compiler(f"{declaration}\nOFN_FUNCTION(f);\n", "-fsyntax-only", head=HEAD)
    assert done.returncode == 0, done.stderr[:2000]


BODY = "ofn::task<ofn::Out> f(ofn::Context& context, ofn::Bytes data) {{ {statement}; co_return ofn::Out::success(); }}\n"
IGNORED = [
    # a statement in a coroutine, the advice of the warning
    ('context.async_send("archive", data)', "co_await it"),
    ("context.async_send(data)", "co_await it"),
    ("static const ofn::SendOptions options; context.async_send(\"archive\", data, options)", "co_await it"),
    ("static const ofn::GetState get; context.async_ask(get)", "co_await it"),
    ("ofn::sleep_for(std::chrono::seconds(1))", "co_await it"),
    ("f(context, data)", "co_await it"),
    ("ofn::when_all(f(context, data))", "co_await it"),
    ("std::vector<ofn::task<ofn::Out>> all; ofn::when_all(std::move(all))", "co_await it"),
    ("ofn::readable(0)", "co_await it"),
    ("ofn::on_worker([] {})", "co_await it"),
    ("ofn::callback([](auto) {})", "co_await it"),
    ("ofn::Mutex mutex; mutex.lock()", "co_await it"),
    ("ofn::Mutex mutex; mutex.try_lock()", "give it a name"),
    ("ofn::stopped()", "co_await it"),
    ("ofn::when_any(f(context, data))", "co_await it"),
    ('ofn::async_get("http://x")', "co_await it"),
    ("extern ofn::Writer& writer; writer.async_write(data)", "co_await it"),
    ("extern ofn::Writer& writer; writer.async_line(data)", "co_await it"),
    ("extern ofn::Writer& writer; writer.async_event({})", "co_await it"),
    ("extern ofn::Reader& reader; reader.async_read()", "co_await it"),
    ("extern ofn::Reader& reader; reader.read()", "only nullopt says that the body is complete"),
    ("context.send(data)", "look at its report"),
    ('context.send("archive", data)', "look at its report"),
    ('context.get_state("store", "key")', "look at its reply"),
    ('context.save_state("store", {.key = "a"})', "look at its reply"),
    ('context.get_secret("store", "key")', "look at its reply"),
    ("context.invoke({})", "look at its reply"),
    ('ofn::Out::error("refused")', "return it"),
    ('ofn::Out::error("refused").with("retry", "false")', "nodiscard"),
    ('ofn::Response("no").status(400)', "nodiscard"),
]


HEEDED = [
    "co_await ofn::sleep_for(std::chrono::seconds(1))",
    'const ofn::SendReport sent = co_await context.async_send("archive", data); if (!sent) co_return ofn::Out::error(sent.error())',
    'context.send("archive", data).check()',
    'if (!context.get_state("store", "key")) co_return "none"',
    'extern ofn::Writer& writer; writer.status(201).write("x"); co_await writer.async_write("y")',
    "co_await ofn::when_all(f(context, data), f(context, data))",
    "co_await ofn::when_any(f(context, data), f(context, data))",
    "static ofn::Mutex mutex; const ofn::Permit lock = co_await mutex.lock(); if (!lock) co_return ofn::Out::error(\"stopped\")",
    "const ofn::Completion<int> done; done(1); co_await done",
]


@pytest.fixture(scope="module", params=[(), ("-Wall", "-Wextra", "-Wno-unused-parameter")], ids=["by default", "-Wall"])
def warnings_of(compiler, request):
    """warnings_of(statement): the compiler's warnings about it. All statements are compiled at once."""
    statements = [statement for statement, _ in IGNORED] + HEEDED
    parts = [
        f'#line 1 "case{number}"\nnamespace case{number} {{ {BODY.format(statement=statement).strip()} }}\n'
        for number, statement in enumerate(statements)
    ]
    done = compiler("".join(parts), "-fsyntax-only", *request.param, head=HEAD)
    assert done.returncode == 0, done.stderr

    def find(statement):
        place = f"case{statements.index(statement)}:"
        return [line for line in done.stderr.splitlines() if line.startswith(place) and " warning: " in line]

    return find


@pytest.mark.parametrize(("statement", "words"), IGNORED, ids=[row[0][-40:] for row in IGNORED])
def test_what_is_ignored_warns(warnings_of, statement, words):
    warnings = warnings_of(statement)
    assert any("-Wunused-result" in line and words in line for line in warnings), warnings


@pytest.mark.parametrize("statement", HEEDED, ids=[row[-40:] for row in HEEDED])
def test_what_is_heeded_does_not_warn(warnings_of, statement):
    assert warnings_of(statement) == []


_METRICS = """#include <ofn/metrics.h>
#include <ofn/span.h>
OFN_COUNTER(counter, "shop.orders", "{order}", "Orders", "shop.kind")
OFN_HISTOGRAM(histogram, "shop.time", "s", "Time", ofn::buckets(1, 2))
"""
MEASURED = [
    # the mistake, the statement, words of the first error; empty: it is right
    ("nothing", 'void f() { counter.add(1, "tea"); histogram.record(1); ofn::Span("a").set("b", 1); ofn::set_attribute("c", "d"); }', ""),
    ("a value too few", "void f() { counter.add(1); }", "write one value for each label of the metric"),
    ("a value too many", 'void f() { histogram.record(1, "tea"); }', "write one value for each label of the metric"),
    ("a number as a label's value", "void f() { counter.add(1, 7); }", "no matching function"),
    ("a counter that is set", "void f() { counter.set(1); }", "set"),
    ("a counter with buckets", 'OFN_COUNTER(a, "a", "1", "A", ofn::buckets(1))', "only a histogram has buckets"),
    ("a span's name made at run time", 'void f(const char* name) { ofn::Span span(name); }', "name"),
    ("an attribute's name made at run time", 'void f(const char* name) { ofn::set_attribute(name, 1); }', "name"),
]


@pytest.mark.parametrize(("wrong", "code", "words"), MEASURED, ids=[row[0] for row in MEASURED])
def test_metrics_and_spans_are_checked_by_the_compiler(compiler, wrong, code, words):
    done = compiler(f"{code}\n", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", head=HEAD + _METRICS)
    assert (done.returncode == 0) == (words == ""), f"{wrong}: {done.stderr}"
    assert words in done.stderr


_HELPERS = "".join(f"#include <ofn/{name}.h>\n" for name in ("function", "cookies", "form", "multipart", "negotiation", "ranges", "redirect", "url"))
_REQUEST = "void f(const ofn::Request& request, ofn::Response& response) {{ {statement}; }}"
HELPERS = [
    # the mistake, the statement, words of the first error; empty: it is right
    ("nothing", 'ofn::set_cookie(response, {.name = "a", .max_age = std::chrono::hours(1)}); auto a = ofn::form(request).get("a"); '
     'for (auto& part : ofn::multipart(request)) (void)part.name; response = ofn::redirect("/" + ofn::url_encode("b"), 307); '
     'response = ofn::ranged(request, "text"); ofn::MultipartParser parser(request); for (auto& event : parser.feed("x")) (void)event', ""),
    ("a piece that is gone before its events", 'ofn::MultipartParser parser(request); for (auto& event : parser.feed(std::string("x"))) (void)event',
     "use of deleted function"),
    ("a parser that is copied", "ofn::MultipartParser one(request); auto two = one", "use of deleted function"),
    ("a part of a form that is gone", 'auto* part = ofn::multipart(request).get("a"); (void)part', "use of deleted function"),
    ("parts of a form that is gone", 'auto parts = ofn::multipart(request).all("a"); (void)parts', "use of deleted function"),
    ("a cookie for a response that is gone", 'ofn::set_cookie(ofn::redirect("/"), {.name = "a"})', "no matching function for call to 'set_cookie("),
    ("an age without a unit", 'ofn::set_cookie(response, {.name = "a", .max_age = 3600})', "no matching function for call to 'set_cookie("),
    ("an attribute as text", 'ofn::set_cookie(response, {.name = "a", .same_site = "Lax"})', "no matching function for call to 'set_cookie("),
    ("an attribute that is none", 'ofn::set_cookie(response, {.name = "a", .httponly = true})', "no matching function for call to 'set_cookie("),
    ("a redirect that nobody gets", 'ofn::redirect("/")', "a Response that is not returned answers nobody"),
    ("the status before the location", 'response = ofn::redirect(303, "/")', "no matching function for call to 'redirect("),
]


@pytest.mark.parametrize(("wrong", "statement", "words"), HELPERS, ids=[row[0] for row in HELPERS])
def test_helpers_are_checked_by_the_compiler(compiler, wrong, statement, words):
    done = compiler(_REQUEST.format(statement=statement), "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror", head=_HELPERS)
    assert (done.returncode == 0) == (words == ""), f"{wrong}: {done.stderr}"
    assert words in done.stderr
    assert len(done.stderr.splitlines()) <= LINES


_LIFE = "#include <ofn/life.h>\n#include <ofn/object.h>\n#include <ofn/route.h>\nusing namespace std::chrono_literals;\nstd::string r(const ofn::Request&);\n"
LIVED = [
    # the mistake, the code, words of the error; empty: it is right
    ("nothing", "void a(); void b() noexcept; bool c(); OFN_START(a) OFN_STOP(b) OFN_READY(c) "
     'OFN_ROUTE("GET /r", r, ofn::concurrency(4, 0), ofn::timeout(5s), ofn::max_body(0))', ""),
    ("a start with a result", "bool a(); OFN_START(a)", "ofn: OFN_START takes void f() or void f(std::stop_token)"),
    ("a start with an argument", "void a(int); OFN_START(a)", "ofn: OFN_START takes void f() or void f(std::stop_token)"),
    ("a start that is a task", "ofn::task<> a(); OFN_START(a)", "ofn: OFN_START takes void f() or void f(std::stop_token)"),
    ("a stop with a result", "int a(); OFN_STOP(a)", "ofn: OFN_STOP takes void f() or void f(std::stop_token)"),
    ("a check without a result", "void a(); OFN_READY(a)", "ofn: OFN_READY takes bool f() or std::optional<std::string> f()"),
    ("a check of a text", "std::string a(); OFN_READY(a)", "ofn: OFN_READY takes bool f() or std::optional<std::string> f()"),
    ("no concurrency", "OFN_FUNCTION(r, ofn::concurrency(0))", "ofn: a limit of the route is out of range"),
    ("a negative queue", "OFN_FUNCTION(r, ofn::concurrency(1, -1))", "ofn: a limit of the route is out of range"),
    ("no time", "OFN_FUNCTION(r, ofn::timeout(0s))", "ofn: a limit of the route is out of range"),
    ("a negative size", "OFN_FUNCTION(r, ofn::max_body(-1))", "ofn: a limit of the route is out of range"),
    ("an option twice", "OFN_FUNCTION(r, ofn::timeout(1s), ofn::timeout(2s))", "ofn: a route has each of its options once"),
    ("an option that is none", "OFN_FUNCTION(r, 4)", "ofn: behind a route's function stand its options"),
    ("an option of a wrong function", "int a(int); OFN_FUNCTION(a, ofn::timeout(1s))", UNSUPPORTED),
    ("an object that cannot be called", "struct A {}; OFN_FUNCTION(ofn::object<A>)", "ofn: the class of an ofn::object has one operator()"),
    ("an object with two calls", "struct A { std::string operator()(); std::string operator()(const ofn::Request&); }; OFN_FUNCTION(ofn::object<A>)",
     "ofn: the class of an ofn::object has one operator()"),
    ("an object without a default constructor", "struct A { A(int); std::string operator()(); }; OFN_FUNCTION(ofn::object<A>)",
     "ofn: the class of an ofn::object has a default constructor"),
    ("an object of a wrong form", "struct A { int operator()(int); }; OFN_FUNCTION(ofn::object<A>)", UNSUPPORTED),
]


@pytest.mark.parametrize(("wrong", "code", "words"), LIVED, ids=[row[0] for row in LIVED])
def test_starts_objects_and_options_are_checked_by_the_compiler(compiler, wrong, code, words):
    done = compiler(f"{code}\n", "-fsyntax-only", "-Wall", "-Wextra", head=HEAD + _LIFE)
    assert (done.returncode == 0) == (words == ""), f"{wrong}: {done.stderr}"
    if words:
        (error,) = errors(done.stderr)
        assert words in done.stderr
        assert len(done.stderr.splitlines()) <= LINES
