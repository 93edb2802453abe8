// Knative's queue-proxy: the program that stands between Knative's ingress and
// the function, probes it, and speaks to it in HTTP/1.1 or cleartext HTTP/2.
// All of it is Knative's; this module pins the version.
package main

import (
	"os"

	"knative.dev/serving/pkg/queue/sharedmain"
)

func main() {
	// Main has logged its error when it returns one.
	if err := sharedmain.Main(); err != nil {
		os.Exit(1)
	}
}
