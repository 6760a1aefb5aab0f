"""
Tests of where finished segments go.
"""
