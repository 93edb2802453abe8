"""Does what the framework's own runner for HTTP does, but listens on 127.0.0.1: that runner always uses 0.0.0.0. serve.py PORT"""

import logging
import pathlib
import sys

from functions_framework import _function_registry
from functions_framework.context.runtime_context import RuntimeContext
from functions_framework.triggers.http_trigger import create_app
from functions_framework.triggers.http_trigger._http import create_server

port = int(sys.argv[1])
logger = logging.getLogger()
context = RuntimeContext(_function_registry.get_openfunction_context(""), logger)
app = create_app(context, "hello", str(pathlib.Path(__file__).with_name("main.py")), logger)
create_server(app, False).run("127.0.0.1", port)
