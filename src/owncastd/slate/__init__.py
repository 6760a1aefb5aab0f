"""
What viewers see while the encoder is away.
"""
