// Does with a function's answers what an eventing broker does, with the official SDK on the wire.
//
//	broker -target http://127.0.0.1:8080/ [-tries 3] < deliveries > outcomes
//
// Each line of the input is one delivery: {"mode":"binary","events":[{…}]}, where the mode is binary, structured
// or batch, and an event is a CloudEvent as JSON. Each line of the output says what became of the delivery of the same
// line. The rules are those of Knative's brokers:
//
//	2xx, empty body        delivered
//	2xx, an event          delivered, and the reply goes on to the broker
//	2xx, another body      a failure, and tried again
//	404, 408, 409, 429,
//	5xx, no answer         a failure, and tried again, each time after twice as long
//	everything else        a failure that is not tried again
//
// What has failed for good goes to the dead letters.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

const firstPause = 10 * time.Millisecond

type delivery struct {
	Mode   string        `json:"mode"`
	Events []event.Event `json:"events"`
}

type outcome struct {
	Result   string       `json:"result"` // delivered, replied or dead
	Statuses []int        `json:"statuses"`
	Reply    *event.Event `json:"reply,omitempty"`
	Why      string       `json:"why,omitempty"`
}

// permanent is a failure that no further try can mend.
type permanent struct{ error }

func request(ctx context.Context, target string, what delivery) (*http.Request, error) {
	if what.Mode == "batch" {
		return cehttp.NewHTTPRequestFromEvents(ctx, target, what.Events)
	}
	if len(what.Events) != 1 {
		return nil, fmt.Errorf("mode %q carries one event, not %d", what.Mode, len(what.Events))
	}
	message := binding.ToMessage(&what.Events[0])
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, nil)
	if err != nil {
		return nil, err
	}
	switch what.Mode {
	case "binary":
		ctx = binding.WithForceBinary(ctx)
	case "structured":
		ctx = binding.WithForceStructured(ctx)
	default:
		return nil, fmt.Errorf("mode %q is none of binary, structured and batch", what.Mode)
	}
	return request, cehttp.WriteRequest(ctx, message, request)
}

// try sends once. A reply is nil where there is none.
func try(target string, what delivery, done *outcome) (*event.Event, error) {
	ctx := context.Background()
	request, err := request(ctx, target, what)
	if err != nil {
		return nil, permanent{err}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	done.Statuses = append(done.Statuses, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 != 2 {
		err = fmt.Errorf("status %d: %s", response.StatusCode, bytes.TrimSpace(body))
		switch code := response.StatusCode; {
		case code == 404, code == 408, code == 409, code == 429, code >= 500:
			return nil, err
		}
		return nil, permanent{err}
	}
	message := cehttp.NewMessage(response.Header, io.NopCloser(bytes.NewReader(body)))
	if message.ReadEncoding() == binding.EncodingUnknown {
		if len(body) != 0 {
			return nil, fmt.Errorf("the body of status %d is no event: %.60q", response.StatusCode, body)
		}
		return nil, nil
	}
	reply, err := binding.ToEvent(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("the reply is no event: %w", err)
	}
	return reply, reply.Validate()
}

func deliver(target string, tries int, what delivery) outcome {
	done := outcome{Result: "dead", Statuses: []int{}}
	for i, pause := 0, firstPause; i < tries; i, pause = i+1, 2*pause {
		if i > 0 {
			time.Sleep(pause)
		}
		reply, err := try(target, what, &done)
		if err == nil {
			done.Result, done.Reply, done.Why = "delivered", reply, ""
			if reply != nil {
				done.Result = "replied"
			}
			break
		}
		done.Why = err.Error()
		if errors.As(err, &permanent{}) {
			break
		}
	}
	return done
}

func main() {
	log.SetFlags(0)
	target := flag.String("target", "", "where events are delivered")
	tries := flag.Int("tries", 3, "how often each is tried")
	flag.Parse()
	lines := bufio.NewReader(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var what delivery
			if err := json.Unmarshal(line, &what); err != nil {
				log.Fatalf("broker: a delivery cannot be read: %v", err)
			}
			if err := out.Encode(deliver(*target, *tries, what)); err != nil {
				log.Fatal(err)
			}
		}
		if err != nil {
			return
		}
	}
}
