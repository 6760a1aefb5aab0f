"""
The administrator's API: one small Klein class per subject.
"""
