// A reverse proxy that learns late where its server is: it stands for the proxies of a cluster, which go on sending
// requests to a pod for a while after the pod got its signal.
//
//	late-proxy -to http://127.0.0.1:8080 -server h1|h2c
//
// It prints "listening on 127.0.0.1:N", and forwards every request but one: after
//
//	POST /late-proxy/learn?to=URL&after=3s
//
// it takes 3 s until it sends requests to URL instead, and prints "sends to URL".
//
// It keeps connections to its server, as proxies do, and repeats no request whose body it has sent. So a request with a body
// that a server does not answer is a failure (502) that the client sees.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

// The client's connections to the proxy are many; each may need one of the proxy's to the server.
const keptConnections = 256

func transport(protocol string) (*http.Transport, error) {
	protocols := new(http.Protocols)
	switch protocol {
	case "h1":
		protocols.SetHTTP1(true)
	case "h2c":
		protocols.SetUnencryptedHTTP2(true)
	default:
		return nil, fmt.Errorf("-server %q is neither h1 nor h2c", protocol)
	}
	return &http.Transport{Protocols: protocols, MaxIdleConns: keptConnections, MaxIdleConnsPerHost: keptConnections}, nil
}

func parse(server string) (*url.URL, error) {
	target, err := url.Parse(server)
	if err == nil && target.Host == "" {
		err = fmt.Errorf("%q is no URL of a server", server)
	}
	return target, err
}

type proxy struct {
	target atomic.Pointer[url.URL]
}

func (p *proxy) learn(answer http.ResponseWriter, request *http.Request) {
	target, err := parse(request.FormValue("to"))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	after, err := time.ParseDuration(request.FormValue("after"))
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	time.AfterFunc(after, func() {
		p.target.Store(target)
		fmt.Println("sends to", target)
	})
}

func serve() error {
	to := flag.String("to", "", "URL of the server")
	protocol := flag.String("server", "h1", "the server's protocol: h1, or h2c by prior knowledge")
	flag.Parse()
	target, err := parse(*to)
	if err != nil {
		return err
	}
	forward, err := transport(*protocol)
	if err != nil {
		return err
	}
	p := &proxy{}
	p.target.Store(target)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /late-proxy/learn", p.learn)
	mux.Handle("/", &httputil.ReverseProxy{
		Transport: forward,
		Rewrite:   func(request *httputil.ProxyRequest) { request.SetURL(p.target.Load()) },
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	return http.Serve(listener, mux)
}

func main() { log.Fatalln("late-proxy:", serve()) }
