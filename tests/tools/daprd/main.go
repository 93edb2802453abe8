// The daprd that the tests talk to: Dapr's own runtime with the few components
// the tests use, and nothing else.
//
// Dapr's stock main is of no use here. It registers every component only under
// a build tag, which pulls in some hundred cloud SDKs, and its mDNS resolver
// multicasts on the machine's network. The parts that decide how daprd behaves
// on the wire (API servers, app channel, component loaders, flags) are Dapr's
// packages, unchanged; only the list of components is shorter.
//
// Its only name resolver is a table in daprd's configuration. Without that
// table, one app cannot call another; daprd logs one error line about it,
// naming mdns, and serves.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/dapr/components-contrib/bindings"
	bindingcron "github.com/dapr/components-contrib/bindings/cron"
	bindinghttp "github.com/dapr/components-contrib/bindings/http"
	bindinglocalstorage "github.com/dapr/components-contrib/bindings/localstorage"
	bindingmqtt3 "github.com/dapr/components-contrib/bindings/mqtt3"
	bindingredis "github.com/dapr/components-contrib/bindings/redis"
	"github.com/dapr/components-contrib/nameresolution"
	pubsubinmemory "github.com/dapr/components-contrib/pubsub/in-memory"
	pubsubmqtt3 "github.com/dapr/components-contrib/pubsub/mqtt3"
	pubsubredis "github.com/dapr/components-contrib/pubsub/redis"
	secretfile "github.com/dapr/components-contrib/secretstores/local/file"
	stateinmemory "github.com/dapr/components-contrib/state/in-memory"
	stateredis "github.com/dapr/components-contrib/state/redis"
	"github.com/dapr/dapr/cmd/daprd/options"
	bindingsloader "github.com/dapr/dapr/pkg/components/bindings"
	resolverloader "github.com/dapr/dapr/pkg/components/nameresolution"
	pubsubloader "github.com/dapr/dapr/pkg/components/pubsub"
	secretstoresloader "github.com/dapr/dapr/pkg/components/secretstores"
	stateloader "github.com/dapr/dapr/pkg/components/state"
	"github.com/dapr/dapr/pkg/healthz"
	"github.com/dapr/dapr/pkg/metrics"
	"github.com/dapr/dapr/pkg/modes"
	"github.com/dapr/dapr/pkg/runtime"
	"github.com/dapr/dapr/pkg/runtime/registry"
	"github.com/dapr/dapr/pkg/security"
	"github.com/dapr/kit/concurrency"
	"github.com/dapr/kit/config"
	"github.com/dapr/kit/logger"
	"github.com/dapr/kit/signals"
)

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "daprd:", err)
		os.Exit(1)
	}
}

// registerComponents fills the registries that registry.NewOptions() reads.
// To offer one more component, add its line here and follow "Changing a version"
// in the README.md of the folder above.
func registerComponents(log logger.Logger) {
	// A registry without a logger hands nil to its components, which then
	// crash at their first message.
	bindingsloader.DefaultRegistry.Logger = log
	pubsubloader.DefaultRegistry.Logger = log
	stateloader.DefaultRegistry.Logger = log
	secretstoresloader.DefaultRegistry.Logger = log
	resolverloader.DefaultRegistry.Logger = log

	b := bindingsloader.DefaultRegistry
	b.RegisterInputBinding(bindingcron.NewCron, "cron")
	b.RegisterOutputBinding(bindinghttp.NewHTTP, "http")
	b.RegisterOutputBinding(bindinglocalstorage.NewLocalStorage, "localstorage")
	b.RegisterOutputBinding(bindingredis.NewRedis, "redis")
	b.RegisterInputBinding(func(l logger.Logger) bindings.InputBinding { return bindingmqtt3.NewMQTT(l) }, "mqtt3")
	b.RegisterOutputBinding(func(l logger.Logger) bindings.OutputBinding { return bindingmqtt3.NewMQTT(l) }, "mqtt3")

	p := pubsubloader.DefaultRegistry
	p.RegisterComponent(pubsubinmemory.New, "in-memory")
	p.RegisterComponent(pubsubmqtt3.NewMQTTPubSub, "mqtt3")
	p.RegisterComponent(pubsubredis.NewRedisStreams, "redis")

	s := stateloader.DefaultRegistry
	s.RegisterComponent(stateinmemory.NewInMemoryStateStore, "in-memory")
	s.RegisterComponent(stateredis.NewRedisStateStore, "redis")

	secretstoresloader.DefaultRegistry.RegisterComponent(secretfile.NewLocalSecretStore, "local.file")
	resolverloader.DefaultRegistry.RegisterComponent(func(logger.Logger) nameresolution.Resolver { return &table{} }, "table")
}

// table finds the internal address of an app's sidecar in daprd's configuration:
//
//	spec: {nameResolution: {component: table, configuration: {greeter: "127.0.0.1:50002"}}}
type table struct {
	addresses map[string]string
}

func (t *table) Init(_ context.Context, metadata nameresolution.Metadata) error {
	configuration, err := config.Normalize(metadata.Configuration)
	if err != nil {
		return err
	}
	rows, ok := configuration.(map[string]any)
	if !ok {
		return fmt.Errorf("the table of addresses is a %T", configuration)
	}
	t.addresses = map[string]string{}
	for app, address := range rows {
		t.addresses[app] = fmt.Sprint(address)
	}
	return nil
}

func (t *table) ResolveID(_ context.Context, request nameresolution.ResolveRequest) (string, error) {
	if address, ok := t.addresses[request.ID]; ok {
		return address, nil
	}
	return "", fmt.Errorf("the table has no app %s", request.ID)
}

func (t *table) Close() error { return nil }

// daprVersion is the pin in go.mod: the version that Dapr's own build injects
// through the linker says "edge" here.
func daprVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/dapr/dapr" {
				return dep.Version
			}
		}
	}
	return "unknown"
}

// serve runs one sidecar until SIGINT or SIGTERM.
func serve(args []string) error {
	// Dapr's own flag set, so that every daprd flag parses and defaults as in
	// the stock program.
	opts, err := options.New(args)
	if err != nil {
		return err
	}
	if opts.WaitCommand {
		runtime.WaitUntilDaprOutboundReady(opts.DaprHTTPPort)
		return nil
	}
	if opts.RuntimeVersion {
		fmt.Println(daprVersion())
		return nil
	}

	opts.Logger.SetAppID(opts.AppID)
	if err := logger.ApplyOptionsToLoggers(&opts.Logger); err != nil {
		return err
	}
	registerComponents(logger.NewLogger("dapr.contrib"))

	ctx := signals.Context()
	health := healthz.New()
	sec, err := security.New(ctx, security.Options{
		Mode:                    modes.DaprMode(opts.Mode),
		AppID:                   opts.AppID,
		MTLSEnabled:             opts.EnableMTLS,
		SentryAddress:           opts.SentryAddress,
		ControlPlaneTrustDomain: opts.ControlPlaneTrustDomain,
		ControlPlaneNamespace:   opts.ControlPlaneNamespace,
		TrustAnchors:            opts.TrustAnchors,
		JwtAudiences:            opts.SentryRequestJwtAudiences,
		Healthz:                 health,
	})
	if err != nil {
		return err
	}

	sidecar := func(ctx context.Context) error {
		handler, err := sec.Handler(ctx)
		if err != nil {
			return err
		}
		config := runtimeConfig(opts)
		config.Security = handler
		config.Healthz = health
		config.Metrics.Healthz = health
		rt, err := runtime.FromConfig(ctx, config)
		if err != nil {
			return err
		}
		return rt.Run(ctx)
	}
	return concurrency.NewRunnerManager(sec.Run, sidecar).Run(ctx)
}

// runtimeConfig carries every flag over to the runtime.
func runtimeConfig(opts *options.Options) *runtime.Config {
	return &runtime.Config{
		AppID:          opts.AppID,
		Mode:           opts.Mode,
		Config:         opts.Config,
		ResourcesPath:  opts.ResourcesPath,
		ComponentsPath: opts.ComponentsPath,
		Registry:       registry.NewOptions(),

		DaprAPIListenAddresses:        opts.DaprAPIListenAddresses,
		DaprHTTPPort:                  opts.DaprHTTPPort,
		DaprAPIGRPCPort:               opts.DaprAPIGRPCPort,
		DaprInternalGRPCPort:          opts.DaprInternalGRPCPort,
		DaprInternalGRPCListenAddress: opts.DaprInternalGRPCListenAddress,
		DaprPublicPort:                opts.DaprPublicPort,
		DaprPublicListenAddress:       opts.DaprPublicListenAddress,
		UnixDomainSocket:              opts.UnixDomainSocket,
		AllowedOrigins:                opts.AllowedOrigins,
		MaxRequestSize:                opts.MaxRequestSize,
		ReadBufferSize:                opts.ReadBufferSize,
		EnableAPILogging:              opts.EnableAPILogging,

		ApplicationPort:        opts.AppPort,
		AppProtocol:            opts.AppProtocol,
		AppChannelAddress:      opts.AppChannelAddress,
		AppMaxConcurrency:      opts.AppMaxConcurrency,
		AppSSL:                 opts.AppSSL,
		EnableAppHealthCheck:   opts.EnableAppHealthCheck,
		AppHealthCheckPath:     opts.AppHealthCheckPath,
		AppHealthProbeInterval: opts.AppHealthProbeInterval,
		AppHealthProbeTimeout:  opts.AppHealthProbeTimeout,
		AppHealthThreshold:     opts.AppHealthThreshold,

		ActorsService:       opts.ActorsService,
		RemindersService:    opts.RemindersService,
		SchedulerAddress:    opts.SchedulerAddress,
		SchedulerStreams:    opts.SchedulerJobStreams,
		ControlPlaneAddress: opts.ControlPlaneAddress,
		SentryAddress:       opts.SentryAddress,
		EnableMTLS:          opts.EnableMTLS,

		EnableProfiling:              opts.EnableProfiling,
		ProfilePort:                  opts.ProfilePort,
		DaprGracefulShutdownSeconds:  opts.DaprGracefulShutdownSeconds,
		DaprBlockShutdownDuration:    opts.DaprBlockShutdownDuration,
		DisableBuiltinK8sSecretStore: opts.DisableBuiltinK8sSecretStore,

		Metrics: metrics.Options{
			Log:           logger.NewLogger("dapr.runtime"),
			Enabled:       opts.Metrics.Enabled(),
			Namespace:     metrics.DefaultMetricNamespace,
			Port:          opts.Metrics.Port(),
			ListenAddress: opts.Metrics.ListenAddress(),
		},
	}
}
