"""
Tests of what is shown while the encoder is away.
"""
