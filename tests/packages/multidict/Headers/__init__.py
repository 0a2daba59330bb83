"""Sets the headers of an answer.

Up to multidict 6.2.0, CIMultiDict.update() with a dict leaks what it makes of each name (multidict
issue 1134).
"""

from multidict import CIMultiDict

NAMES = ["X-Item-{}".format(number) for number in range(500)]


def main(req) -> str:
    headers = CIMultiDict()
    headers.update({name: "yes" for name in NAMES})
    return str(len(headers))
