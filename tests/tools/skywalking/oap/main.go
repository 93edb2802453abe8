// SkyWalking's server as its agents see it: it takes segments and the properties of instances, and writes each call down as a line of
// JSON on standard output.
//
//	oap -port 0 -code UNAVAILABLE
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	common "skywalking.apache.org/repo/goapi/collect/common/v3"
	agent "skywalking.apache.org/repo/goapi/collect/language/agent/v3"
	management "skywalking.apache.org/repo/goapi/collect/management/v3"
)

type server struct {
	agent.UnimplementedTraceSegmentReportServiceServer
	management.UnimplementedManagementServiceServer
	mu   sync.Mutex
	code codes.Code
}

func (s *server) say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		log.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Println(string(text))
}

func (s *server) take(ctx context.Context, method string, message proto.Message) (*common.Commands, error) {
	text, err := protojson.MarshalOptions{EmitUnpopulated: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	headers := map[string]string{}
	if came, ok := metadata.FromIncomingContext(ctx); ok {
		for name, values := range came {
			headers[name] = strings.Join(values, ",")
		}
	}
	s.say(map[string]any{"method": method, "headers": headers, "message": json.RawMessage(text)})
	if s.code != codes.OK {
		return nil, status.Error(s.code, "as the test says")
	}
	return &common.Commands{}, nil
}

func (s *server) CollectInSync(ctx context.Context, message *agent.SegmentCollection) (*common.Commands, error) {
	return s.take(ctx, "collectInSync", message)
}

func (s *server) Collect(stream agent.TraceSegmentReportService_CollectServer) error {
	for {
		segment, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&common.Commands{})
		}
		if err != nil {
			return err
		}
		message := &agent.SegmentCollection{Segments: []*agent.SegmentObject{segment}}
		if _, err := s.take(stream.Context(), "collect", message); err != nil {
			return err
		}
	}
}

func (s *server) ReportInstanceProperties(ctx context.Context, message *management.InstanceProperties) (*common.Commands, error) {
	return s.take(ctx, "reportInstanceProperties", message)
}

func (s *server) KeepAlive(ctx context.Context, message *management.InstancePingPkg) (*common.Commands, error) {
	return s.take(ctx, "keepAlive", message)
}

func main() {
	port := flag.Int("port", 0, "on 127.0.0.1")
	code := flag.String("code", "OK", "of gRPC: how it answers each call")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	oap := &server{}
	if err := oap.code.UnmarshalJSON([]byte(`"` + *code + `"`)); err != nil {
		log.Fatal(err)
	}
	oap.say(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port})
	services := grpc.NewServer()
	agent.RegisterTraceSegmentReportServiceServer(services, oap)
	management.RegisterManagementServiceServer(services, oap)
	log.Fatal(services.Serve(listener))
}
