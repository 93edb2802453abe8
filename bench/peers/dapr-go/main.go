// The peer for "hello with one output". It does what our framework does for a
// function that returns "hello, world\n" and has one output binding, as a Go
// programmer would write it, with net/http and Dapr's Go SDK.
//
// The client gets 200 only after the sidecar has confirmed the output, and 502
// if the output has failed. This is the same promise as ours; otherwise the
// numbers could not be compared.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	dapr "github.com/dapr/go-sdk/client"
)

const greeting = "hello, world\n"

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1 to serve on; 0 takes a free one")
	sidecarPort := flag.Int("sidecar-port", 50001, "port of the sidecar's gRPC API on 127.0.0.1")
	binding := flag.String("binding", "sink", "the output binding to invoke")
	operation := flag.String("operation", "create", "the binding's operation")
	noOutput := flag.Bool("no-output", false, "answer without invoking any output")
	flag.Parse()

	handler := hello
	if !*noOutput {
		client, err := dapr.NewClientWithAddress(loopback(*sidecarPort))
		if err != nil {
			fail(err)
		}
		defer client.Close()
		handler = helloWithOutput(client, *binding, *operation)
	}
	if err := serve(loopback(*port), handler); err != nil {
		fail(err)
	}
}

func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "dapr-go:", err)
	os.Exit(1)
}

func hello(w http.ResponseWriter, r *http.Request) {
	// Our framework reads the whole body before it responds.
	_, _ = io.Copy(io.Discard, r.Body)
	_, _ = io.WriteString(w, greeting)
}

func helloWithOutput(client dapr.Client, binding, operation string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		err := client.InvokeOutputBinding(r.Context(), &dapr.InvokeBindingRequest{
			Name:      binding,
			Operation: operation,
			Data:      []byte(greeting),
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = io.WriteString(w, greeting)
	}
}

// serve answers until SIGINT or SIGTERM. Its port speaks HTTP/1.1 and HTTP/2 by
// prior knowledge, as that of our framework does.
func serve(address string, handler http.HandlerFunc) error {
	stop, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()

	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: handler, Protocols: protocols}

	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Printf("listening on %s\n", listener.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()

	select {
	case err := <-served:
		return err
	case <-stop.Done():
		drain, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		return server.Shutdown(drain)
	}
}
