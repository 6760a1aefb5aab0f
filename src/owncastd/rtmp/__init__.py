"""
RTMP ingest: a sans-io server connection and the thin protocol around it.
"""
