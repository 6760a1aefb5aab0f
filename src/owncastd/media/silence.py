"""
AAC frames in which nothing is heard.

ISO/IEC 14496-3, 4.4.2.1 (raw_data_block) and 4.4.2.7 (individual_channel_stream).
"""

from typing import Final

from .aac import AACConfiguration

#: C{id_syn_ele} (table 4.85).
_SINGLE, _PAIR, _LOW_FREQUENCY, _END = 0, 1, 3, 7
#: The elements of a frame by channelConfiguration (table 1.19).
_ELEMENTS: Final = {
    1: (_SINGLE,),
    2: (_PAIR,),
    3: (_SINGLE, _PAIR),
    4: (_SINGLE, _PAIR, _SINGLE),
    5: (_SINGLE, _PAIR, _PAIR),
    6: (_SINGLE, _PAIR, _PAIR, _LOW_FREQUENCY),
    7: (_SINGLE, _PAIR, _PAIR, _PAIR, _LOW_FREQUENCY),
}
_GAIN: Final = "00000000"
#: C{ics_info} of a long window whose C{max_sfb} is 0: no sections, scale factors or spectral data.
_LONG_WINDOW_OF_NOTHING: Final = "00000000000"
_NO_PULSES_SHAPING_OR_GAIN_CONTROL: Final = "000"
_CHANNEL: Final = _GAIN + _LONG_WINDOW_OF_NOTHING + _NO_PULSES_SHAPING_OR_GAIN_CONTROL
_ELEMENT_BITS: Final = 3
_TAG_BITS: Final = 4


def silent_frame(configuration: AACConfiguration) -> bytes | None:
    """
    A raw frame of silence under this configuration.

    What extends the core (spectral band replication, parametric stereo) has nothing to say of
    silence and is left out.

    @return: C{None} where the channels are arranged in an unusual way.
    """
    elements = _ELEMENTS.get(configuration.channel_configuration)
    if elements is None:
        return None
    bits = ""
    tags: dict[int, int] = {}
    for element in elements:
        tag = tags[element] = tags.get(element, -1) + 1
        bits += f"{element:0{_ELEMENT_BITS}b}{tag:0{_TAG_BITS}b}"
        # A pair without a common window: each channel brings its own.
        bits += "0" + 2 * _CHANNEL if element == _PAIR else _CHANNEL
    bits += f"{_END:0{_ELEMENT_BITS}b}"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")
