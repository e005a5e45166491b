"""What the server relies on in uvicorn beyond its settings: fails when uvicorn changes it."""

import ast
import inspect
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

import modeldex

SERVER = Path(modeldex.__file__).parent / "server"


def methods(of: type) -> dict[str, list[str]]:
    """The methods of a class and their parameters, as in its source: others replace some."""
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in ast.walk(ast.parse(inspect.getsource(of)))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_what_is_overridden_is_there() -> None:
    """Each method that the server replaces has the parameters that the replacement takes."""
    assert methods(H11Protocol)["send_400_response"] == ["self", "msg"]
    assert methods(H11Protocol)["connection_made"] == ["self", "transport"]
    assert methods(H11Protocol)["pause_writing"] == ["self"]
    assert methods(uvicorn.Server)["startup"] == ["self", "sockets"]
    assert methods(uvicorn.Server)["on_tick"] == ["self", "counter"]
    assert methods(uvicorn.Server)["handle_exit"] == ["self", "sig", "frame"]


def test_what_is_overridden_is_called() -> None:
    """Uvicorn calls each of the replaced methods by its name."""
    calls = {
        node.attr
        for of in (H11Protocol, uvicorn.Server)
        for node in ast.walk(ast.parse(inspect.getsource(of)))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    }
    assert calls >= {"send_400_response", "startup", "on_tick", "handle_exit"}


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    """An application that answers nothing."""


async def test_a_connection_has_what_is_read_of_it() -> None:
    """A new one has no request, no transport and no bytes left over, and is in no set."""
    state = ServerState()
    made = H11Protocol(uvicorn.Config(nothing, log_config=None), state, {})
    made.conn.receive_data(b"GET /be")
    assert [vars(made)[name] for name in ("cycle", "transport")] == [None, None]
    assert made.conn.trailing_data == (b"GET /be", False)
    assert state.connections == set()


def test_a_request_says_whether_it_is_answered() -> None:
    """A request with its response is made with `response_complete`, which becomes true."""
    made = ast.parse(inspect.getsource(RequestResponseCycle))
    settings = {
        ast.unparse(node)
        for node in ast.walk(made)
        if isinstance(node, ast.Assign) and "response_complete" in ast.unparse(node)
    }
    assert settings == {"self.response_complete = False", "self.response_complete = True"}


async def test_a_server_has_what_is_set_on_it() -> None:
    """A new one is to go on, at its ease, and knows its connections."""
    made = uvicorn.Server(uvicorn.Config(nothing, log_config=None))
    assert (made.should_exit, made.force_exit) == (False, False)
    assert made.server_state.connections == set()


def test_one_module_knows_the_inside_of_uvicorn() -> None:
    """All other modules import nothing but the package, and use its settings."""
    found = {
        path.name
        for path in SERVER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("uvicorn")
    }
    assert found == {"protocol.py"}
