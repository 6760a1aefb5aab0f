"""
What can be wrong with a database file, told so that an operator knows what to do.
"""


class DatabaseError(Exception):
    """
    The database cannot be used as it is. The text is one line for the operator.
    """


class NotADatabase(DatabaseError):
    """
    The file is not a database, not one of ours, or damaged.
    """


class SchemaTooNew(DatabaseError):
    """
    The database was written by a newer release than this one.
    """


class MigrationFailed(DatabaseError):
    """
    A migration could not be carried out; the database is as it was before.
    """


class DatabaseBusy(DatabaseError):
    """
    So much work is waiting for the database that more is refused.
    """


class DatabaseClosed(DatabaseError):
    """
    The database was closed, or is being closed.
    """
