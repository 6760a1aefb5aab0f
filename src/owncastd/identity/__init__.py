"""
Who may do what: stream keys and the admin password.
"""
