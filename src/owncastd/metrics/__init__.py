"""
Figures over time: viewers, hardware, playback health, and their exposition.
"""
