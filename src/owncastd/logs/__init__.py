"""
Logs: human lines, JSON files, and a bounded history for the administrator.
"""
