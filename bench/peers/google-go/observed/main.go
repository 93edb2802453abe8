// Hello with Google's functions framework for Go, observed as OpenTelemetry's documentation shows: otelhttp around the function.
//
//	observed PORT MODE [METRICS-PORT]
//
// MODE: off (no otelhttp), metrics (otelhttp's metrics, for Prometheus on METRICS-PORT), traces (otelhttp's spans, sent by OTLP; the
// SDK reads the OTEL_ variables, such as the sampler).
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
)

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "hello, world\n")
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "google-go, observed:", err)
		os.Exit(1)
	}
}

func main() {
	serve := hello
	switch os.Args[2] {
	case "off":
	case "metrics":
		exporter, err := prometheus.New()
		check(err)
		otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(exporter)))
		serve = otelhttp.NewHandler(http.HandlerFunc(hello), "hello").ServeHTTP
		scraped := http.NewServeMux()
		scraped.Handle("/metrics", promhttp.Handler())
		go func() { check(http.ListenAndServe("127.0.0.1:"+os.Args[3], scraped)) }()
	case "traces":
		exporter, err := otlptracehttp.New(context.Background())
		check(err)
		otel.SetTracerProvider(trace.NewTracerProvider(trace.WithBatcher(exporter)))
		otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
		serve = otelhttp.NewHandler(http.HandlerFunc(hello), "hello").ServeHTTP
	default:
		check(fmt.Errorf("unknown mode %q", os.Args[2]))
	}
	functions.HTTP("hello", serve)
	os.Setenv("FUNCTION_TARGET", "hello")
	check(funcframework.StartHostPort("127.0.0.1", os.Args[1]))
}
