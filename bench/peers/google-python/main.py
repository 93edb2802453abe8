def hello(_request):
    return "hello, world\n"
