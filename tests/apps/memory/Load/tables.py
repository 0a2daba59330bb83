SMALL = bytearray(32 << 20)
