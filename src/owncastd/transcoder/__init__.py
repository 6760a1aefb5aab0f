"""
Encoded renditions: one ffmpeg child, FLV in, FLV out.
"""
