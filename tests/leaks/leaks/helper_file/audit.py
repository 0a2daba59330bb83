"""What was asked for, for the auditors, who never ask."""
entries = []


def record(url, headers):
    entries.append({"url": url, "headers": dict(headers), "note": bytes(3000)})  # LEAK
