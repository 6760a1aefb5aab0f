"""
SQLite: connections, migrations and their schema.
"""
