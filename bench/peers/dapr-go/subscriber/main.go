// The peer for deliveries. It does what our framework does for a function that
// takes a topic's events, as a Go programmer would write it, with the service of
// Dapr's Go SDK.
//
// An event is acknowledged when the handler has returned; with an output, only
// after the sidecar has confirmed the output. This is the same promise as ours.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	dapr "github.com/dapr/go-sdk/client"
	"github.com/dapr/go-sdk/service/common"
	"github.com/dapr/go-sdk/service/grpc"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1 to serve on; 0 takes a free one")
	sidecarPort := flag.Int("sidecar-port", 0, "port of the sidecar's gRPC API on 127.0.0.1; 0 means no output")
	flag.Parse()

	if err := serve(loopback(*port), *sidecarPort); err != nil {
		fmt.Fprintln(os.Stderr, "subscriber:", err)
		os.Exit(1)
	}
}

func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

func take(context.Context, *common.TopicEvent) (retry bool, err error) {
	return false, nil
}

func takeAndSend(client dapr.Client) common.TopicEventHandler {
	return func(ctx context.Context, event *common.TopicEvent) (retry bool, err error) {
		err = client.InvokeOutputBinding(ctx, &dapr.InvokeBindingRequest{Name: "sink", Operation: "create", Data: event.RawData})
		return err != nil, err
	}
}

func serve(address string, sidecarPort int) error {
	handler := take
	if sidecarPort != 0 {
		client, err := dapr.NewClientWithAddress(loopback(sidecarPort))
		if err != nil {
			return err
		}
		defer client.Close()
		handler = takeAndSend(client)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	service := grpc.NewServiceWithListener(listener)
	if err := service.AddTopicEventHandler(&common.Subscription{PubsubName: "events", Topic: "orders"}, handler); err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())

	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	served := make(chan error, 1)
	go func() { served <- service.Start() }()
	select {
	case err := <-served:
		return err
	case <-stop.Done():
		return service.GracefulStop()
	}
}
