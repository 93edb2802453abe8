module openfunction.dev/bench/upload-go

go 1.26
