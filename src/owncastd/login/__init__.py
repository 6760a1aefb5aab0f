"""
Who people prove to be elsewhere, by IndieAuth or by a code sent to them.
"""
