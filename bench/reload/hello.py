# Each edit changes the number.
EDIT = 0


def hello(request):
    return f"hello, {request.args.get('name', 'world')}, edit {EDIT}\n"
