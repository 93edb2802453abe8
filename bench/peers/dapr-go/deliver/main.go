// The load of deliveries. It calls an app as daprd does: over one connection,
// with the same fields and metadata, and with a fixed number of events at a time.
//
//	deliver -port N -count 100000 -in-flight 32
//
// If an event is not acknowledged, it ends with an error. Otherwise it prints
// "delivered N in S s".
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	runtime "github.com/dapr/dapr/pkg/proto/runtime/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/structpb"
)

func main() {
	port := flag.Int("port", 0, "port of the app on 127.0.0.1")
	count := flag.Int64("count", 100_000, "number of events")
	inFlight := flag.Int("in-flight", 32, "number of events at a time")
	flag.Parse()

	began := time.Now()
	if err := deliver(net.JoinHostPort("127.0.0.1", strconv.Itoa(*port)), *count, *inFlight); err != nil {
		fmt.Fprintln(os.Stderr, "deliver:", err)
		os.Exit(1)
	}
	fmt.Printf("delivered %d in %.6f s\n", *count, time.Since(began).Seconds())
}

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func deliver(address string, count int64, inFlight int) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	client := runtime.NewAppCallbackClient(connection)

	extensions, err := structpb.NewStruct(map[string]any{
		"topic": "orders", "pubsubname": "events", "time": "2026-01-01T00:00:00Z",
		"traceid": traceparent, "traceparent": traceparent, "tracestate": "",
	})
	if err != nil {
		return err
	}
	// daprd still sends the trace in OpenCensus' binary form, too.
	trace := "\x00\x00\x4b\xf9\x2f\x35\x77\xb3\x4d\xa6\xa3\xce\x92\x9d\x0e\x0e\x47\x36" +
		"\x01\x00\xf0\x67\xaa\x0b\xa9\x02\xb7\x02\x01"
	ctx, cancel := context.WithCancelCause(metadata.AppendToOutgoingContext(context.Background(), "grpc-trace-bin", trace))
	defer cancel(nil)

	var next atomic.Int64
	var workers sync.WaitGroup
	for range inFlight {
		workers.Go(func() {
			for {
				number := next.Add(1)
				if number > count {
					return
				}
				answer, err := client.OnTopicEvent(ctx, &runtime.TopicEventRequest{
					Id:              fmt.Sprintf("2f9b2c5e-6d0f-4d5a-9a3e-%012d", number),
					Source:          "publisher",
					Type:            "com.dapr.event.sent",
					SpecVersion:     "1.0",
					DataContentType: "application/octet-stream",
					Data:            []byte("an order of a hundred bytes or so, as events are: seven apples, three pears, one melon, no grapes\n"),
					Topic:           "orders",
					PubsubName:      "events",
					Extensions:      extensions,
				})
				if err == nil && answer.GetStatus() != runtime.TopicEventResponse_SUCCESS {
					err = fmt.Errorf("event %d was answered %v", number, answer.GetStatus())
				}
				if err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}
