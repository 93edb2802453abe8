// An app in Go beside its own daprd, traced by OpenTelemetry's SDK as any other program in Go: the neighbour of a function in a
// trace.
//
//	otel-app -name front -port 8081 -dapr 3501 -collector 127.0.0.1:4317 [-subscribe events/first]
//
// POST /relay?to=PATH sends its body to that path of daprd's HTTP API. Every other request, so also what daprd delivers and invokes,
// is answered with "ok". The name of a request's span is its method and its path.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

func traceTo(collector, name string) error {
	exporter, err := otlptracegrpc.New(context.Background(), otlptracegrpc.WithInsecure(), otlptracegrpc.WithEndpoint(collector))
	if err != nil {
		return err
	}
	// Each span leaves when it ends: a test waits for it.
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exporter),
		trace.WithResource(resource.NewSchemaless(attribute.String("service.name", name)))))
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	return nil
}

// relay sends to daprd with the context of the request that asks for it.
func relay(client *http.Client, dapr string, answer http.ResponseWriter, request *http.Request) error {
	sent, err := http.NewRequestWithContext(request.Context(), http.MethodPost, dapr+request.FormValue("to"), request.Body)
	if err != nil {
		return err
	}
	sent.Header.Set("Content-Type", request.Header.Get("Content-Type"))
	got, err := client.Do(sent)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	answer.WriteHeader(got.StatusCode)
	_, err = io.Copy(answer, got.Body)
	return err
}

func serve() error {
	name := flag.String("name", "", "service.name of the spans")
	port := flag.Int("port", 0, "port of this app")
	daprPort := flag.Int("dapr", 0, "port of daprd's HTTP API")
	collector := flag.String("collector", "", "host and port that take OTLP over gRPC")
	subscribe := flag.String("subscribe", "", "COMPONENT/TOPIC whose events daprd delivers")
	flag.Parse()
	if err := traceTo(*collector, *name); err != nil {
		return err
	}

	subscriptions := []map[string]string{}
	if component, topic, ok := strings.Cut(*subscribe, "/"); ok {
		subscriptions = append(subscriptions, map[string]string{"pubsubname": component, "topic": topic, "route": "/" + topic})
	}
	client := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /dapr/subscribe", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(answer).Encode(subscriptions)
	})
	mux.HandleFunc("POST /relay", func(answer http.ResponseWriter, request *http.Request) {
		if err := relay(client, fmt.Sprintf("http://127.0.0.1:%d", *daprPort), answer, request); err != nil {
			http.Error(answer, err.Error(), http.StatusBadGateway)
		}
	})
	mux.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) { fmt.Fprint(answer, "ok") })
	named := otelhttp.WithSpanNameFormatter(func(_ string, request *http.Request) string {
		return request.Method + " " + request.URL.Path
	})
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	return http.Serve(listener, otelhttp.NewHandler(mux, "", named))
}

func main() { log.Fatalln("otel-app:", serve()) }
