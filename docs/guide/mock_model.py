"""A model that costs nothing: enough of OpenAI's chat API for the examples of this guide, without a key or a network.

python docs/guide/mock_model.py 8099

Asked to judge (the system message says so), it calls an answer correct if it names an article, as in [kb-101].
Anything else it answers from two sentences that it knows.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEFAULT_PORT = 8099


def reply(messages: list[dict[str, Any]]) -> str:
    """What the model says."""
    first, last = str(messages[0]["content"]), str(messages[-1]["content"])
    if "judge" in first.lower():
        good = "[kb-" in last
        why = "It names an article." if good else "It names no article."
        return json.dumps({"label": "correct" if good else "incorrect", "explanation": why})
    if "refund" in last.lower():
        return "The refund arrives within five working days. [kb-106]"
    return "I do not know."


class Chat(BaseHTTPRequestHandler):
    """POST /v1/chat/completions, without streaming."""

    def do_POST(self) -> None:
        """Answer one request."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = reply(asked["messages"])
        prompt, completion = sum(len(str(each["content"])) for each in asked["messages"]) // 4, len(text) // 4
        answer = {
            "id": "chatcmpl-mock",
            "object": "chat.completion",
            "created": 0,
            "model": asked["model"],
            "choices": [
                {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}},
            ],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_PORT
    server = ThreadingHTTPServer(("127.0.0.1", port), Chat)
    print(f"A mock model on http://127.0.0.1:{server.server_port}/v1", flush=True)
    server.serve_forever()
