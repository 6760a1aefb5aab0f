"""
The edges of the machine: listening ports, eager transports, the door in front of the site.
"""
