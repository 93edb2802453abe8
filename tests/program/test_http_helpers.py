"""The HTTP helpers in a function, compared with other implementations: Python's, werkzeug, and the clients that send."""

import email
import http.cookies
import io
import json
import shutil
import subprocess
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest
import requests
from werkzeug.datastructures import LanguageAccept, MIMEAccept
from werkzeug.formparser import parse_form_data
from werkzeug.http import parse_accept_header, parse_cookie

from support.http_client import call


@pytest.fixture(scope="module")
def server(program, repository, shared, tmp_path_factory):
    # Without optimization: most mistakes of GCC 12 with coroutines show there, too.
    source = repository / "tests/program/http_helper_functions.cc"
    functions = shared(source, tmp_path_factory.mktemp("helpers") / "helpers.so", "-Wall", "-Wextra", "-Werror")
    with program.serve(functions, None) as served:
        yield served


FORMS = ["", "a=1&b=2", "a=1&a=2&a=", "a", "=1", "&&a=1&&", "a=b=c", "a+b=c+d", "%61=%2B", "a=%", "a=%2", "a=%zz", "a=1;b=2", "a=%C3%A9",
         "a=%00b", "a=%0d%0a"]


@pytest.mark.parametrize("form", FORMS)
def test_queries_and_forms_are_read_as_python_reads_them(server, form):
    expected = urlencode(parse_qsl(form, keep_blank_values=True)).encode()
    assert call(server.url, f"/query?{form}", method="GET").body == expected
    answer = call(server.url, "/form", body=form.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.body == expected


def test_what_is_no_form_is_refused(server):
    answer = call(server.url, "/form", body=b"a=1", headers={"Content-Type": "text/plain"})
    assert answer.status == 400 and "application/x-www-form-urlencoded" in answer.text
    answer = call(server.url, "/form", body=b"a&" * 1001, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status == 400 and "more than 1000 names" in answer.text


COOKIES = ["a=1", "a=1; b=2", "a=1;b=2;", "a=1; a=2", "a=", "a=b=c==", 'a="1 2"']


@pytest.mark.parametrize("field", COOKIES)
def test_cookies_are_read_as_werkzeug_reads_them(server, field):
    expected = urlencode(list(parse_cookie(field).items(multi=True))).encode()
    assert call(server.url, "/cookies", headers={"Cookie": field}).body == expected


def test_cookies_are_set_as_python_reads_them(server):
    answer = call(server.url, "/set-cookie?name=a&value=1.2!")
    first, second = answer.headers.get_all("set-cookie")
    read = http.cookies.SimpleCookie(first)["a"]
    assert read.value == "1.2!"
    assert {name: value for name, value in read.items() if value} == {
        "expires": "Sun, 06 Nov 1994 08:49:37 GMT", "max-age": "3600", "domain": "example.com", "path": "/a", "secure": True,
        "httponly": True, "samesite": "Strict"}
    assert http.cookies.SimpleCookie(second)["old"]["max-age"] == "0"
    refused = call(server.url, "/set-cookie?name=a&value=%0d%0aX:%20y")
    assert refused.status == 500 and "set-cookie" not in refused.headers
    server.logged("the cookie 'a' cannot be set: byte 0 of its value")


# No client escapes a percent sign, so a name with %22 is read as one with a quote.
NAMES = ["a.txt", "na\u00efve \u2603.txt", 'quote".txt', "semi;colon=.txt", "back\\slash.txt", "per%41cent%.txt", "'", " "]
DATA = [b"", b"text", b"\r\n--", bytes(range(256)) * 40, b"\r\n--boundary--\r\n", b"\r" * 5000]


def shown(name, filename, content_type, data):
    def escaped(text):
        return quote(text, safe="")

    return f"{escaped(name)}|{'-' if filename is None else escaped(filename)}|{escaped(content_type)}|{escaped(data)}"


def read_twice(server, body, content_type):
    """What the whole body and the body in pieces gives; both must be the same."""
    headers = {"Content-Type": content_type}
    whole = call(server.url, "/multipart", body=body, headers=headers)
    for size in (1, 7, 4096):
        pieces = call(server.url, f"/parts?size={size}", body=body, headers=headers)
        assert (pieces.status, pieces.body) == (whole.status, whole.body)
    assert whole.status == 200, whole.text
    return whole.text.splitlines()


def test_multipart_of_requests(server):
    """urllib3, which escapes as browsers do."""
    pairs = [(name, DATA[number % len(DATA)]) for number, name in enumerate(NAMES)]
    files = [("file", (name, data, "application/x-test")) for name, data in pairs]
    sent = requests.Request("POST", server.url, files=files, data={'na"me\r\n': "v\u00e4lue\r\n"}).prepare()
    assert read_twice(server, sent.body, sent.headers["content-type"]) == [
        shown('na"me\r\n', None, "text/plain", "v\u00e4lue\r\n"),
        *(shown("file", name, "application/x-test", data) for name, data in pairs)]


@pytest.mark.parametrize("escape", [[], ["--form-escape"]], ids=["percent", "backslash"])
def test_multipart_of_curl(server, tmp_path, escape):
    (tmp_path / "data").write_bytes(DATA[3])
    arguments = []
    for name in NAMES:
        # curl's own syntax for an argument with quotes.
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        arguments += ["-F", f'file=@{tmp_path}/data;filename="{quoted}";type=image/png']
    for path in ("multipart", "parts?size=61"):
        done = subprocess.run(["curl", "-sS", *escape, "-F", "a=1", *arguments, "-F", 'q"=<' + str(tmp_path / "data"), server.url + path],
                              capture_output=True, check=True)
        assert done.stdout.decode().splitlines() == [
            shown("a", None, "text/plain", "1"), *(shown("file", name, "image/png", DATA[3]) for name in NAMES),
            shown('q"', None, "text/plain", DATA[3])]


NODE = """
const form = new FormData();
form.append('na"me\\r\\n', 'line\\nbreak');
for (const name of %s) form.append("file", new File([new Uint8Array([0, 13, 10, 255])], name, {type: "image/png"}));
fetch(%s, {method: "POST", body: form}).then(answer => answer.text()).then(text => process.stdout.write(text));
"""


@pytest.mark.skipif(not shutil.which("node"), reason="there is no node")
def test_multipart_of_node(server):
    """Its fetch() sends a form as the WHATWG's standard says, as browsers do."""
    for path in ("multipart", "parts?size=1"):
        program = NODE % (json.dumps(NAMES), json.dumps(server.url + path))
        done = subprocess.run(["node", "-e", program], capture_output=True, check=True)
        lines = done.stdout.decode().splitlines()
        assert lines == [shown('na"me\r\n', None, "text/plain", "line\r\nbreak"),
                         *(shown("file", name, "image/png", b"\0\r\n\xff") for name in NAMES)]


def test_multipart_is_read_as_werkzeug_reads_it(server):
    body = (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\n'
            b'Content-Disposition: form-data; name="f"; filename="x"\r\nContent-Type: a/b\r\n\r\n\r\n--c\r\n\r\n--b--\r\n')
    lines = read_twice(server, body, "multipart/form-data; boundary=b")
    _, form, files = parse_form_data({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)),
                                      "CONTENT_TYPE": "multipart/form-data; boundary=b", "REQUEST_METHOD": "POST"})
    assert lines == [shown("a", None, "text/plain", form["a"]), shown("f", files["f"].filename, files["f"].content_type, files["f"].read())]


def test_a_broken_form_is_a_bad_request(server):
    answer = call(server.url, "/multipart", body=b"--b\r\nX: y\r\n\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status == 400
    assert answer.text.startswith("multipart/form-data, part 1, byte 13: the part has no field")


ACCEPTED = ["", "*/*", "application/json", "text/html;q=0.5, application/json;q=0.6", "text/html;q=0, */*;q=0.1", "image/*", "video/mp4",
            "text/*;q=0.1, text/html;q=0.9, application/json;q=0.5"]


@pytest.mark.parametrize("accept", ACCEPTED)
def test_types_are_chosen_as_werkzeug_chooses(server, accept):
    types = ["text/html", "application/json", "image/png"]
    expected = parse_accept_header(accept, MIMEAccept).best_match(types, default="none") if accept else types[0]
    assert call(server.url, "/choose", headers={"Accept": accept}).text.split()[0] == expected


@pytest.mark.parametrize("accept", ["de", "de;q=0.1, en;q=0.2", "de-CH", "fr", "it", "it, *;q=0.5", "en;q=0, de"])
def test_languages_are_chosen_as_werkzeug_chooses(server, accept):
    expected = parse_accept_header(accept, LanguageAccept).best_match(["en", "de", "fr-CH"], default="none")
    assert call(server.url, "/choose", headers={"Accept-Language": accept}).text.split()[1] == expected


FILE = b"".join(b"%03d," % i for i in range(250))
RANGES = [
    # the field, the status, Content-Range, the first and the last byte of each part
    ("bytes=0-0", 206, "bytes 0-0/1000", [(0, 0)]),
    ("bytes=0-499", 206, "bytes 0-499/1000", [(0, 499)]),
    ("bytes=500-", 206, "bytes 500-999/1000", [(500, 999)]),
    ("bytes=-1", 206, "bytes 999-999/1000", [(999, 999)]),
    ("bytes=-5000", 206, "bytes 0-999/1000", [(0, 999)]),
    ("bytes=990-2000", 206, "bytes 990-999/1000", [(990, 999)]),
    ("bytes=0-1,5-6", 206, None, [(0, 1), (5, 6)]),
    ("bytes=900-, 0-9", 206, None, [(900, 999), (0, 9)]),
    ("bytes=1000-", 416, "bytes */1000", []),
    ("bytes=-0", 416, "bytes */1000", []),
    ("bytes=99999999999999999999999-", 416, "bytes */1000", []),
    ("bytes=5-4", 200, None, [(0, 999)]),
    ("bytes=x", 200, None, [(0, 999)]),
    ("bytes=", 200, None, [(0, 999)]),
    ("lines=1-2", 200, None, [(0, 999)]),
    ("bytes=" + "0-0," * 17, 200, None, [(0, 999)]),
    ("bytes=0-,0-", 200, None, [(0, 999)]),
]


@pytest.mark.parametrize(("field", "status", "content_range", "parts"), RANGES, ids=[row[0][:30] for row in RANGES])
def test_ranges(server, field, status, content_range, parts):
    answer = call(server.url, "/file", method="GET", headers={"Range": field})
    assert (answer.status, answer.headers["content-range"]) == (status, content_range)
    if status == 416:
        return
    assert answer.headers["accept-ranges"] == "bytes"
    bodies = [answer.body]
    if len(parts) > 1:
        read = email.message_from_bytes(b"Content-Type: " + answer.headers["content-type"].encode() + b"\r\n\r\n" + answer.body)
        assert read.get_content_type() == "multipart/byteranges"
        bodies = [part.get_payload(decode=True) for part in read.get_payload()]
        assert [(part.get_content_type(), part["content-range"]) for part in read.get_payload()] == [
            ("image/x-test", f"bytes {first}-{last}/1000") for first, last in parts]
    assert bodies == [FILE[first:last + 1] for first, last in parts]


def test_curl_continues_a_download(server, tmp_path):
    (tmp_path / "file").write_bytes(FILE[:300])
    subprocess.run(["curl", "-sS", "-C", "-", "-o", tmp_path / "file", server.url + "file"], check=True)
    assert (tmp_path / "file").read_bytes() == FILE


@pytest.mark.parametrize(("copy", "status"), [('"7"', 206), ('"8"', 200), ("Sun, 06 Nov 1994 08:49:37 GMT", 206)])
def test_a_changed_file_is_sent_whole(server, copy, status):
    assert call(server.url, "/file", method="GET", headers={"Range": "bytes=0-0", "If-Range": copy}).status == status


def test_curl_fetches_a_file_once(server, tmp_path):
    for option in (["--etag-save", tmp_path / "etag", "--etag-compare", tmp_path / "etag"], ["-z", tmp_path / "file", "-R"]):
        (tmp_path / "etag").touch()
        command = ["curl", "-sS", *option, "-o", tmp_path / "file", "-w", "%{http_code}", server.url + "file"]
        (tmp_path / "file").unlink(missing_ok=True)
        codes = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)]
        assert codes == ["200", "304"]


def test_answers_without_a_body(server):
    answer = call(server.url, "/redirect?to=" + quote("/a b?c=\u00e9"), method="GET")
    assert (answer.status, unquote(answer.headers["location"])) == (303, "/a b?c=\u00e9")
    assert call(server.url, "/redirect?to=%0d%0aSet-Cookie:%20a=1", method="GET").status == 400
    assert call(server.url, "/nothing", method="GET").status == 204
    unchanged = call(server.url, "/unchanged", method="GET")
    assert (unchanged.status, unchanged.headers["etag"], unchanged.headers["x"]) == (304, '"7"', None)
