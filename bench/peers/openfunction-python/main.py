from functions_framework.context.user_context import UserContext


def hello(context: UserContext):
    return "hello, world\n"
