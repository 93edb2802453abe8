// A collector that costs next to nothing: it takes OTLP over HTTP, counts the spans, and answers.
//
// It counts only, so that a benchmark of tracing measures the program that sends spans and not the one that takes them. A span is a
// field of a field of a field: three levels of lengths are read, nothing is decoded. The answer to GET /spans is the count so far.
//
// Spec: opentelemetry-proto, collector/trace/v1/trace_service.proto.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

var spans atomic.Uint64

// Calls visit for each field with this number whose value has a length.
func each(message []byte, number uint64, visit func([]byte)) error {
	for len(message) > 0 {
		tag, size := binary.Uvarint(message)
		if size <= 0 || tag&7 != 2 {
			return fmt.Errorf("not a field with a length: %d", tag)
		}
		message = message[size:]
		length, size := binary.Uvarint(message)
		if size <= 0 || length > uint64(len(message)-size) {
			return fmt.Errorf("the field %d is cut", tag>>3)
		}
		if tag>>3 == number {
			visit(message[size : size+int(length)])
		}
		message = message[size+int(length):]
	}
	return nil
}

// ExportTraceServiceRequest.resource_spans (1), ResourceSpans.scope_spans (2), ScopeSpans.spans (2).
func count(request []byte) (found uint64, err error) {
	note := func(problem error) {
		if err == nil {
			err = problem
		}
	}
	note(each(request, 1, func(resource []byte) {
		note(each(resource, 2, func(scope []byte) {
			note(each(scope, 2, func([]byte) { found++ }))
		}))
	}))
	return found, err
}

func main() {
	port := flag.Int("port", 4318, "port on 127.0.0.1 to serve on; 0 takes a free one")
	flag.Parse()
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: *port})
	if err != nil {
		fmt.Fprintln(os.Stderr, "otlp-sink:", err)
		os.Exit(1)
	}
	fmt.Println("listening on", listener.Addr())
	http.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		found, problem := count(body)
		if err != nil || problem != nil {
			http.Error(w, fmt.Sprint(err, problem), http.StatusBadRequest)
			return
		}
		spans.Add(found)
		w.Header().Set("Content-Type", "application/x-protobuf")
	})
	http.HandleFunc("GET /spans", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, spans.Load()) })
	go func() {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
		<-stop
		os.Exit(0)
	}()
	fmt.Fprintln(os.Stderr, "otlp-sink:", http.Serve(listener, nil))
	os.Exit(1)
}
