"""
Values of the media path: messages, AVC and AAC configuration, FLV tags, CMAF boxes, renditions.
"""
