module ofn/bench/peers/otlp-sink

go 1.26
