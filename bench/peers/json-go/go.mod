module openfunction.dev/bench/json-go

go 1.26
