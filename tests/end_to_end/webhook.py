#!/usr/bin/env python3
"""webhook.py FOLDER: a server that takes events as the webhook sink posts them. Its address is then in FOLDER/address.

What it does with one depends on the path: NAME.jsonl keeps event and headers (FOLDER/NAME.jsonl, FOLDER/NAME.headers), STATUS
answers with that, hang never answers, close ends the connection."""
import http.server
import pathlib
import sys
import threading

folder = pathlib.Path(sys.argv[1])


class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        event = self.rfile.read(int(self.headers["Content-Length"]))
        name = self.path[1:]
        if name == "hang":
            threading.Event().wait()
        if name == "close":
            return
        if name.endswith(".jsonl"):
            with open(folder / name, "ab") as kept:
                kept.write(event + b"\n")
            (folder / name).with_suffix(".headers").write_text(str(self.headers))
        self.send_response(int(name) if name.isdigit() else 200)
        if name == "302":
            self.send_header("Location", "/moved.jsonl")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
server.daemon_threads = True
(folder / "address.tmp").write_text("http://127.0.0.1:%d" % server.server_port)
(folder / "address.tmp").rename(folder / "address")
server.serve_forever()
