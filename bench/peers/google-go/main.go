// Hello with Google's functions framework for Go.
package main

import (
	"fmt"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
)

func hello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "hello, world\n")
}

func main() {
	functions.HTTP("hello", hello)
	os.Setenv("FUNCTION_TARGET", "hello")
	if err := funcframework.StartHostPort("127.0.0.1", os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "google-go:", err)
		os.Exit(1)
	}
}
