"""The program with which ours is compared: PyPI's functions-framework with the same functions. Usage: peer.py TYPE

It prints `listening on 127.0.0.1:PORT`, and writes function_output.json in the working directory as functions.cc does.
"""

import json
import sys

import functions_framework
from cloudevents.http import to_json
from werkzeug.serving import make_server

# The framework finds its function in this file, by the name that it gets.


def write_output(text):
    with open("function_output.json", "w", encoding="utf-8") as file:
        file.write(text)


def http(request):
    write_output(request.get_data(as_text=True))
    return "OK"


def cloudevent(event):
    write_output(to_json(event).decode())


def legacyevent(data, context):
    about = {"eventId": context.event_id, "timestamp": context.timestamp, "eventType": context.event_type}
    write_output(json.dumps({"data": data, "context": about | {"resource": context.resource}}))


class Message:
    def __init__(self, message):
        self.message = message

    @staticmethod
    def from_dict(members):
        return Message(members["message"])


class Reply:
    def __init__(self, payload):
        self.payload = payload

    def to_dict(self):
        return {"payload": {"message": self.payload.message}}


@functions_framework.typed(Message)
def typed(message):
    return Reply(message)


def throws(request):
    raise RuntimeError("the secret")


if __name__ == "__main__":
    kind = sys.argv[1]
    app = functions_framework.create_app(kind, __file__, {"legacyevent": "event", "throws": "http", "typed": "http"}.get(kind, kind))
    server = make_server("127.0.0.1", 0, app)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
