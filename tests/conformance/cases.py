"""The 17 events of the conformance client's kinds, each in both forms, with the expected result. The data is our own."""

from dataclasses import dataclass, field

_PUBSUB = "pubsub.googleapis.com"
_MESSAGE = "type.googleapis.com/google.pubsub.v1.PubsubMessage"


@dataclass(frozen=True)
class Case:
    name: str
    legacy: dict  # a background event, as it is sent
    modern: dict  # the CloudEvent that it becomes: attributes and data
    context: dict  # the context that a function of background events gets for the legacy event
    sent: dict = field(default_factory=dict)  # the members of the sent CloudEvent that differ from `modern`
    back: dict = field(default_factory=dict)  # the members of its context that differ from `context`

    @property
    def sent_event(self):
        return self.modern | self.sent

    @property
    def legacy_output(self):
        return {"data": self.legacy["data"], "context": self.context}

    @property
    def legacy_output_of_modern(self):
        return {"data": self.legacy["data"], "context": self.context | self.back}


def _context(event_id, timestamp, event_type, resource):
    return {"eventId": event_id, "timestamp": timestamp, "eventType": event_type, "resource": resource}


def _modern(context, type, source, subject, data):
    event = {
        "specversion": "1.0",
        "id": context["eventId"],
        "source": source,
        "type": type,
        "time": context["timestamp"],
        "datacontenttype": "application/json",
        "data": data,
    }
    return event | ({"subject": subject} if subject else {})


def _auth():
    context = _context("auth-1", "2021-03-04T05:06:07Z", "providers/firebase.auth/eventTypes/user.create", "projects/our-project")
    user = {"email": "ada@example.com", "uid": "UUpby3s4spZre6kHsgVSPetzQ8l2"}
    times = ("2021-03-04T05:06:07Z", "2021-03-05T06:07:08Z")
    return Case(
        "firebase-auth",
        {"context": context, "data": user | {"metadata": {"createdAt": times[0], "lastSignedInAt": times[1]}}},
        _modern(
            context,
            "google.firebase.auth.user.v1.created",
            "//firebaseauth.googleapis.com/projects/our-project",
            "users/" + user["uid"],
            user | {"metadata": {"createTime": times[0], "lastSignInTime": times[1]}},
        ),
        context,
    )


def _database(name, event, data, domain="firebaseio.com", region="us-central1"):
    reference = f"refs/games/{name}"
    context = _context(
        f"{name}-id",
        "2021-03-04T05:06:07.089Z",
        f"providers/google.firebase.database/eventTypes/ref.{event}",
        f"projects/_/instances/our-instance/{reference}",
    )
    modern = _modern(
        context,
        "google.firebase.database.ref.v1." + {"write": "written", "delete": "deleted"}[event],
        f"//firebasedatabase.googleapis.com/projects/_/locations/{region}/instances/our-instance",
        reference,
        data,
    )
    # These members have no meaning for the conversion.
    legacy = {"domain": domain, "params": {"game": name}, "auth": {"admin": True}, "data": data}
    if name.endswith(("1", "2")):
        return Case(name, legacy | {"context": context}, modern, context)
    return Case(name, legacy | context, modern, context)


def _firestore(name, data):
    document = "documents/gcf-test/2Vm2mI1d0wIaK2Waj5to"
    context = _context(
        f"{name}-id",
        "2021-03-04T05:06:07.089Z",
        "providers/cloud.firestore/eventTypes/document.write",
        f"projects/our-project/databases/(default)/{document}",
    )
    return Case(
        name,
        context | {"params": {"doc": "2Vm2mI1d0wIaK2Waj5to"}, "data": data},
        _modern(
            context,
            "google.cloud.firestore.document.v1.written",
            "//firestore.googleapis.com/projects/our-project/databases/(default)",
            document,
            data,
        ),
        context,
    )


def _pubsub(name, message, event_type="google.pubsub.topic.publish", as_text=False):
    topic = "projects/our-project/topics/our-topic"
    resource = {"service": _PUBSUB, "name": topic, "type": _MESSAGE}
    context = _context(f"{name}-id", "2021-03-04T05:06:07.089Z", event_type, topic if as_text else resource)
    data = {"@type": _MESSAGE, **message}
    pushed = data | {"messageId": context["eventId"], "publishTime": context["timestamp"]}
    return Case(
        name,
        (context | {"data": data}) if as_text else {"context": context, "data": data},
        _modern(
            context, "google.cloud.pubsub.topic.v1.messagePublished", f"//{_PUBSUB}/{topic}", None, {"message": pushed}
        ),
        context,
        sent={"data": {"subscription": "projects/our-project/subscriptions/ours", "message": pushed}},
        back={"eventType": "google.pubsub.topic.publish", "resource": resource},
    )


def _storage():
    name = "projects/_/buckets/our-bucket/objects/folder/Test.cs"
    resource = {"service": "storage.googleapis.com", "name": name, "type": "storage#object"}
    context = _context("storage-id", "2021-03-04T05:06:07.089Z", "google.storage.object.finalize", resource)
    data = {"bucket": "our-bucket", "kind": "storage#object", "name": "folder/Test.cs", "size": "352", "metageneration": "1"}
    return Case(
        "storage",
        {"context": context, "data": data},
        _modern(
            context,
            "google.cloud.storage.object.v1.finalized",
            "//storage.googleapis.com/projects/_/buckets/our-bucket",
            "objects/folder/Test.cs",
            data,
        ),
        context,
    )


_NESTED = {"a": {"b": [1, 2.5, {"c": None}]}, "text": "Grüße"}
CASES = [
    _auth(),
    _database("firebase-db1", "write", {"data": None, "delta": {"grandchild": "other"}}),
    _database(
        "firebase-db2", "write", {"data": {"x": 1}, "delta": 10}, "europe-west1.firebasedatabase.app", "europe-west1"
    ),
    _database("firebase-db3", "write", {"data": None, "delta": 10}),
    _database("firebase-db4", "write", {"data": 10, "delta": None}),
    _database("firebase-db5", "write", {"data": "text", "delta": True}),
    _database("firebase-db6", "write", {"data": _NESTED, "delta": _NESTED}),
    _database("firebase-db7", "write", {"data": [1, 2], "delta": [3]}),
    _database("firebase-db8", "write", {"data": {}, "delta": -0.5}),
    _database("firebase-dbdelete1", "delete", {"data": {"child": "xyz"}, "delta": None}),
    _database("firebase-dbdelete2", "delete", {"data": 7, "delta": None}),
    _firestore(
        "firestore_complex",
        {
            "oldValue": {},
            "updateMask": {"fieldPaths": ["map", "when"]},
            "value": {
                "createTime": "2021-03-04T05:06:07.089123Z",
                "fields": {
                    "array": {"arrayValue": {"values": [{"integerValue": "1"}, {"doubleValue": 1.5}]}},
                    "map": {"mapValue": {"fields": {"null": {"nullValue": None}, "yes": {"booleanValue": True}}}},
                    "when": {"timestampValue": "2021-03-04T05:06:07.089Z"},
                },
            },
        },
    ),
    _firestore("firestore_simple", {"oldValue": {"fields": {"n": {"integerValue": "1"}}}, "value": {"fields": {}}}),
    _pubsub("legacy_pubsub", {"attributes": {"a": "b"}, "data": "aGVsbG8="}, "providers/cloud.pubsub/eventTypes/topic.publish", True),
    _pubsub("pubsub_binary", {"data": "AQID/w=="}),
    _pubsub("pubsub_text", {"attributes": {"b": "1", "a": "2"}, "data": "dGV4dA=="}),
    _storage(),
]
