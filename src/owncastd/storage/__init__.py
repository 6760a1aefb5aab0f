"""
Where finished segments go besides the memory of the origin: files, or an S3-compatible service.
"""
