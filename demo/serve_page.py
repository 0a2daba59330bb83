"""A web page for the sample app, so that it runs without the internet: about a MiB of text, sent
slowly enough to be watched. Prints the URL, then serves until it is ended, or until its standard
input ends where that is a pipe: whoever holds the other end need not think of ending it.

usage: serve_page.py [SECONDS]      how long one page takes; 1 where nothing is given
"""
import http.server
import os
import random
import stat
import sys
import threading
import time

WORDS = ("memory line page heap object frame reference cycle allocation arena block "
         "resident increment function handler invocation await response").split()
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
PARTS = 16


def make_page():
    choose = random.Random(1).choice  # the same page in every run
    paragraphs = ("<p>" + " ".join(choose(WORDS) + str(n % 997) for n in range(120)) + "</p>\n"
                  for _ in range(900))
    return ("<html><body>\n" + "".join(paragraphs) + "</body></html>\n").encode()


PAGE = make_page()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        step = len(PAGE) // PARTS + 1
        for start in range(0, len(PAGE), step):
            self.wfile.write(PAGE[start:start + step])
            time.sleep(SECONDS / PARTS)

    def log_message(self, *args):
        pass  # the terminal is the screen's


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}/", flush=True)
thread = threading.Thread(target=server.serve_forever, daemon=True)
thread.start()
try:
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        while os.read(0, 4096):
            pass
    else:
        thread.join()
except KeyboardInterrupt:
    pass
