"""
The API's own document against a running server: thousands of requests, made up from it.
"""

import re

from .case import ServerTestCase
from .fuzzing import fuzz
from .harness import ADMIN_PASSWORD
from .users import store_moderator, store_program

#: Operations that are called; more come as the document grows.
OPERATIONS = 110


class SchemathesisTests(ServerTestCase):
    """
    No answer is a failure of the server's, or has a status, a type, a header or a body that is not
    documented; what the document forbids is refused, what it allows is done, and nothing is done
    without credentials.
    """

    def test_with_credentials(self) -> None:
        """
        As the administrator, a moderator, and a program that may do everything.
        """
        data = self.folder / "data"
        self.fuzz(
            {
                "administrator": {"username": "admin", "password": ADMIN_PASSWORD},
                "chatUser": {"api_key": store_moderator(data)},
                "integration": {"bearer": store_program(data)},
            }
        )

    def test_without_credentials(self) -> None:
        """
        As a stranger, who may make credentials up.
        """
        self.fuzz({})

    def fuzz(self, credentials: dict[str, dict[str, str]]) -> None:
        """
        Ask a server everything; it must be alive and well afterwards.
        """
        server = self.start_server()
        said = fuzz(server.url, self.folder, credentials)
        tested = re.search(r"Tested: (\d+)", said)
        assert tested is not None, said
        self.assertGreaterEqual(int(tested[1]), OPERATIONS, said)
        self.assertNotIn("Traceback", server.log)
        server.stop()
