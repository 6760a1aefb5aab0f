"""
How many descriptors may be open.
"""

import resource

from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.descriptors import allow_descriptors


class DescriptorsTests(SynchronousTestCase):
    """
    The soft limit is raised, and never lowered.
    """

    def setUp(self) -> None:
        """
        Put the limit back at the end.
        """
        self.soft, self.hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (self.soft, self.hard))

    def set_soft(self, soft: int) -> None:
        """
        Begin with this limit.
        """
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, self.hard))

    def test_raised(self) -> None:
        """
        It is raised as far as is wanted, or allowed.
        """
        self.set_soft(200)
        self.assertEqual(allow_descriptors(300), 300)
        self.assertEqual(resource.getrlimit(resource.RLIMIT_NOFILE), (300, self.hard))

    def test_not_lowered(self) -> None:
        """
        More than is wanted stays.
        """
        self.set_soft(400)
        self.assertEqual(allow_descriptors(300), 400)
        self.assertEqual(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 400)

    def test_not_allowed(self) -> None:
        """
        Where it cannot be raised, what there is counts.
        """

        def refuse(_which: int, _limits: tuple[int, int]) -> None:
            raise OSError("not allowed")

        self.set_soft(200)
        self.patch(resource, "setrlimit", refuse)
        self.assertEqual(allow_descriptors(300), 200)
