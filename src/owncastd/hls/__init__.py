"""
Low-latency HLS: packager, live window, playlists and their delivery.
"""
