"""Invoices that customers upload."""


def parse(name: str) -> dict:
    content = name.encode() * 2000
    if b"%PDF" not in content:
        raise ValueError(f"{name} is no PDF")
    return {"name": name, "size_bytes": len(content)}
