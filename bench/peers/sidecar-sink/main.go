// A sidecar that costs next to nothing: it answers every InvokeBinding and
// every PublishEvent with OK at once, so that a benchmark of outputs measures
// the program that sends them and not the program that receives them.
//
// A gRPC library would spend more on a call than the client under test. Here
// a call costs only the parsing of frame headers. The answers to InvokeBinding
// (no data, no metadata) and to PublishEvent (google.protobuf.Empty) are the
// same empty message. So the sink decodes neither the request's headers nor its
// body, and every answer is one constant with a stream id in it. It follows that
// the sink accepts nonsense: the tests with the real daprd check the calls.
//
// At its end it prints how many calls it answered and how many request bytes
// it read, so that a benchmark can check that nothing was skipped.
//
// Spec: RFC 9113 (HTTP/2), RFC 7541 (HPACK), gRPC over HTTP/2.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Frame types and flags, RFC 9113 section 6.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameSettings     = 0x4
	framePing         = 0x6
	frameGoAway       = 0x7
	frameWindowUpdate = 0x8
	frameContinuation = 0x9

	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4

	settingInitialWindowSize = 0x4

	frameHeaderSize = 9
	// The largest frame that a peer may send by default.
	maxFrameSize = 16384
	maxWindow    = 1<<31 - 1
	// The peer's window for our data until its SETTINGS say otherwise.
	defaultWindow = 65535
)

// An empty gRPC message: not compressed, length zero.
const emptyMessage = "\x00\x00\x00\x00\x00"

var (
	// ":status: 200" is entry 8 of HPACK's static table and content-type entry
	// 31; grpc-status has a literal name. Nothing is indexed, so the blocks are
	// the same for every stream.
	responseHeaders = "\x88" + "\x0f\x10" + "\x10application/grpc"
	trailers        = "\x00" + "\x0bgrpc-status" + "\x010"

	calls        atomic.Uint64
	requestBytes atomic.Uint64
)

func main() {
	port := flag.Int("port", 50001, "port on 127.0.0.1 to serve on; 0 takes a free one")
	flag.Parse()

	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: *port})
	if err != nil {
		fmt.Fprintln(os.Stderr, "sidecar-sink:", err)
		os.Exit(1)
	}
	fmt.Printf("listening on %s\n", listener.Addr())

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		<-stop
		fmt.Printf("calls %d bytes %d\n", calls.Load(), requestBytes.Load())
		os.Exit(0)
	}()

	for {
		peer, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, "sidecar-sink:", err)
			os.Exit(1)
		}
		go func() {
			defer peer.Close()
			if err := newConnection(peer).serve(); err != nil {
				fmt.Fprintln(os.Stderr, "sidecar-sink:", err)
			}
		}()
	}
}

// connection is one HTTP/2 connection; one goroutine reads and writes it.
type connection struct {
	in  *bufio.Reader
	out *bufio.Writer

	// The number of bytes that the peer still lets us send. Of a stream's own
	// window only the initial value matters, because an answer is five bytes.
	window        int64
	initialWindow int64
	// The streams whose answer waits for one of the two windows.
	waiting []uint32
	// Request bytes read since the connection's window was last refilled.
	unacknowledged int64

	answer []byte
}

func newConnection(peer net.Conn) *connection {
	// With large buffers a burst of calls needs one read and one write.
	return &connection{
		in:            bufio.NewReaderSize(peer, 64<<10),
		out:           bufio.NewWriterSize(peer, 64<<10),
		window:        defaultWindow,
		initialWindow: defaultWindow,
		answer:        makeAnswer(),
	}
}

// makeAnswer returns HEADERS, DATA and trailers with stream id 0; send fills in
// the id.
func makeAnswer() []byte {
	var b []byte
	b = appendFrame(b, frameHeaders, flagEndHeaders, 0, responseHeaders)
	b = appendFrame(b, frameData, 0, 0, emptyMessage)
	return appendFrame(b, frameHeaders, flagEndHeaders|flagEndStream, 0, trailers)
}

func appendFrame(b []byte, kind, flags byte, stream uint32, payload string) []byte {
	n := len(payload)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), kind, flags)
	b = binary.BigEndian.AppendUint32(b, stream)
	return append(b, payload...)
}

// serve reads frames until the peer is gone. An end between two frames is not an
// error: clients leave in this way.
func (c *connection) serve() error {
	first := make([]byte, len(preface))
	if _, err := io.ReadFull(c.in, first); err != nil {
		// A readiness probe connects and sends nothing.
		return nil
	}
	if !bytes.Equal(first, []byte(preface)) {
		return errors.New("a client does not speak HTTP/2 by prior knowledge")
	}

	// The windows have the largest size, so that no call of a benchmark waits for
	// one.
	var settings []byte
	settings = binary.BigEndian.AppendUint16(settings, settingInitialWindowSize)
	settings = binary.BigEndian.AppendUint32(settings, maxWindow)
	c.write(frameSettings, 0, 0, settings)
	c.credit(maxWindow - defaultWindow)

	header := make([]byte, frameHeaderSize)
	for {
		// The next read may block, so write the collected answers first.
		if c.in.Buffered() < frameHeaderSize {
			if err := c.out.Flush(); err != nil {
				return nil
			}
		}
		if _, err := io.ReadFull(c.in, header); err != nil {
			return nil
		}
		size := int(header[0])<<16 | int(header[1])<<8 | int(header[2])
		if size > maxFrameSize {
			return fmt.Errorf("a client sent a frame of %d bytes", size)
		}
		// The read of a frame that has not arrived yet blocks, too.
		if c.in.Buffered() < size {
			if err := c.out.Flush(); err != nil {
				return nil
			}
		}
		payload, err := c.in.Peek(size)
		if err != nil {
			return nil
		}
		stream := binary.BigEndian.Uint32(header[5:]) & maxWindow
		if err := c.handle(header[3], header[4], stream, payload); err != nil {
			return err
		}
		if _, err := c.in.Discard(size); err != nil {
			return nil
		}
	}
}

func (c *connection) handle(kind, flags byte, stream uint32, payload []byte) error {
	switch kind {
	case frameData:
		requestBytes.Add(uint64(len(payload)))
		c.refill(len(payload))
		if flags&flagEndStream != 0 {
			c.finish(stream)
		}
	case frameHeaders:
		if flags&flagEndStream != 0 {
			c.finish(stream)
		}
	case frameSettings:
		if flags&flagAck == 0 {
			c.applySettings(payload)
			c.write(frameSettings, flagAck, 0, nil)
		}
	case framePing:
		if flags&flagAck == 0 {
			c.write(framePing, flagAck, 0, payload)
		}
	case frameWindowUpdate:
		if len(payload) != 4 {
			return errors.New("a client sent a broken WINDOW_UPDATE")
		}
		if stream == 0 {
			c.window += int64(binary.BigEndian.Uint32(payload) & maxWindow)
			c.retryWaiting()
		}
	case frameGoAway, frameContinuation:
		// GOAWAY needs no answer: the peer closes when its calls are answered.
		// CONTINUATION is skipped, because header blocks are not decoded.
	}
	return nil
}

// applySettings reads the one setting that concerns a sender of tiny answers.
func (c *connection) applySettings(payload []byte) {
	for ; len(payload) >= 6; payload = payload[6:] {
		if binary.BigEndian.Uint16(payload) == settingInitialWindowSize {
			c.initialWindow = int64(binary.BigEndian.Uint32(payload[2:]))
		}
	}
	c.retryWaiting()
}

// refill lets the peer send as many bytes again as a request had. A stream's
// window is never refilled: it begins at 2 GiB, and a stream carries one call.
func (c *connection) refill(size int) {
	c.unacknowledged += int64(size)
	if c.unacknowledged > maxWindow/2 {
		c.credit(uint32(c.unacknowledged))
		c.unacknowledged = 0
	}
}

// finish answers a request that has been read to its end.
func (c *connection) finish(stream uint32) {
	if len(c.waiting) > 0 || !c.canSend() {
		c.waiting = append(c.waiting, stream)
		return
	}
	c.send(stream)
}

func (c *connection) canSend() bool {
	return c.window >= int64(len(emptyMessage)) && c.initialWindow >= int64(len(emptyMessage))
}

func (c *connection) retryWaiting() {
	for len(c.waiting) > 0 && c.canSend() {
		c.send(c.waiting[0])
		c.waiting = c.waiting[1:]
	}
}

func (c *connection) send(stream uint32) {
	at := 0
	for _, payload := range []string{responseHeaders, emptyMessage, trailers} {
		binary.BigEndian.PutUint32(c.answer[at+5:], stream)
		at += frameHeaderSize + len(payload)
	}
	c.window -= int64(len(emptyMessage))
	calls.Add(1)
	// An error stays in the writer, and the next Flush returns it.
	_, _ = c.out.Write(c.answer)
}

// credit lets the peer send this number of further bytes on the connection.
func (c *connection) credit(bytes uint32) {
	c.write(frameWindowUpdate, 0, 0, binary.BigEndian.AppendUint32(nil, bytes))
}

func (c *connection) write(kind, flags byte, stream uint32, payload []byte) {
	_, _ = c.out.Write(appendFrame(nil, kind, flags, stream, string(payload)))
}
