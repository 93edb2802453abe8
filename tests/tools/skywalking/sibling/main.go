// A function of OpenFunction's framework for Go, with that framework's tracing by SkyWalking: the neighbour in the tests' chains. What it
// gets it sends to the output that the variable SEND_TO names, if there is one, and writes it down.
package main

import (
	"context"
	"log"
	"os"

	ofctx "github.com/OpenFunction/functions-framework-go/context"
	"github.com/OpenFunction/functions-framework-go/framework"
	"github.com/OpenFunction/functions-framework-go/plugin"
	"github.com/OpenFunction/functions-framework-go/plugin/skywalking"
)

func forward(ctx ofctx.Context, in []byte) (ofctx.Out, error) {
	log.Printf("got %q", in)
	if output := os.Getenv("SEND_TO"); output != "" {
		if _, err := ctx.Send(output, in); err != nil {
			return ctx.ReturnOnInternalError().WithData([]byte(err.Error())), err
		}
	}
	return ctx.ReturnOnSuccess().WithData(in), nil
}

func main() {
	program, err := framework.NewFramework()
	if err != nil {
		log.Fatal(err)
	}
	program.RegisterPlugins(map[string]plugin.Plugin{skywalking.Name: skywalking.New()})
	if err := program.Register(context.Background(), forward); err != nil {
		log.Fatal(err)
	}
	log.Fatal(program.Start(context.Background()))
}
