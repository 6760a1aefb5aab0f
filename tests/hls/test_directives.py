"""
Delivery directives.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from owncastd.hls.directives import BadDirective, Directives, parse_directives


class DirectivesTests(SynchronousTestCase):
    """
    L{parse_directives}.
    """

    def test_good(self) -> None:
        """
        What is asked is read; what is somebody else's is left.
        """
        for query, expected in [
            (b"", Directives()),
            (b"_HLS_msn=12", Directives(12)),
            (b"_HLS_msn=12&_HLS_part=0", Directives(12, 0)),
            (b"_HLS_part=3&cb=x&_HLS_msn=007&_HLS_skip=YES", Directives(7, 3, True)),
            (b"_HLS_skip=v2", Directives(skip=True)),
            (b"_HLS_skip=NO", Directives()),
            (b"_HLS_unheard_of=1&&=&a", Directives()),
        ]:
            self.assertEqual(parse_directives(query), expected, query)

    def test_bad(self) -> None:
        """
        What cannot be meant is refused.
        """
        for query in [
            b"_HLS_part=1",
            b"_HLS_msn=",
            b"_HLS_msn",
            b"_HLS_msn=-1",
            b"_HLS_msn=1.5",
            b"_HLS_msn=+1",
            b"_HLS_msn=%31",
            b"_HLS_msn=1&_HLS_msn=1",
            b"_HLS_msn=1&_HLS_part=x",
            b"_HLS_msn=" + b"9" * 18,
        ]:
            with self.assertRaises(BadDirective, msg=query):
                parse_directives(query)

    def test_fuzz(self) -> None:
        """
        Whatever comes is read or refused.
        """
        piece = st.sampled_from(
            [b"_HLS_msn", b"_HLS_part", b"_HLS_skip", b"=", b"&", b"1", b"YES", b"\xff", b"?"]
        )

        @given(st.lists(piece | st.binary(max_size=4), max_size=12).map(b"".join))
        @settings(max_examples=200, deadline=None)
        def check(query: bytes) -> None:
            try:
                found = parse_directives(query)
            except BadDirective:
                return
            self.assertIsInstance(found, Directives)
            self.assertFalse(found.part is not None and found.msn is None)

        check()
