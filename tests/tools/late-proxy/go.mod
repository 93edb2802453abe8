module ofn/tests/tools/late-proxy

go 1.26
