module ofn/bench/peers/sidecar-sink

go 1.26
