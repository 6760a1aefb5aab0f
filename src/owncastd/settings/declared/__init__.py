"""
The declarations of all settings, by subject; L{owncastd.settings.catalogue} gathers them.
"""
