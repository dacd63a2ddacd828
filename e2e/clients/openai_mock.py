"""An OpenAI that answers from this process: enough of `/v1/chat/completions` for the client and its instrumentor."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWERS = {
    "Why is the sky blue?": "Because of Rayleigh scattering.",
    "Why do cats purr?": "I do not know.",
    "What is 2 + 2?": "4",
}


class _OpenAI(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = ANSWERS[asked["messages"][-1]["content"]]
        body = json.dumps(
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": asked["model"],
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
            }
        ).encode()
        self.send_response(200 if self.path == "/v1/chat/completions" else 404)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def openai_mock() -> Iterator[str]:
    """The mock's base URL, while it answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _OpenAI) as mock:
        thread = threading.Thread(target=mock.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{mock.server_port}/v1"
        finally:
            mock.shutdown()
            thread.join()
