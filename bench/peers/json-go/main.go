// Reads and writes an order with Go's encoding/json. Prints the nanoseconds of processor time of one reading and one writing.
//
//	json-go ORDER.json
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
)

type item struct {
	Sku   string   `json:"sku"`
	Count int32    `json:"count"`
	Price float64  `json:"price"`
	Tags  []string `json:"tags"`
}

type order struct {
	ID       string            `json:"id"`
	Customer string            `json:"customer"`
	Paid     bool              `json:"paid"`
	Created  int64             `json:"created"`
	Items    []item            `json:"items"`
	Labels   map[string]string `json:"labels"`
	Note     *string           `json:"note,omitempty"`
}

func processorNanoseconds() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return syscall.TimevalToNsec(usage.Utime) + syscall.TimevalToNsec(usage.Stime)
}

func measure(name string, work func() error) {
	const rounds = 20000
	begin := processorNanoseconds()
	for range rounds {
		if err := work(); err != nil {
			panic(err)
		}
	}
	fmt.Println(name, float64(processorNanoseconds()-begin)/rounds)
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var whole order
	if err := json.Unmarshal(text, &whole); err != nil {
		panic(err)
	}
	measure("read", func() error {
		var read order
		return json.Unmarshal(text, &read)
	})
	measure("write", func() error {
		_, err := json.Marshal(&whole)
		return err
	})
}
