"""
Certificates and keys as operators have them, and as they should not.
"""

from pathlib import Path

from OpenSSL import SSL
from twisted.trial.unittest import SynchronousTestCase

from owncastd.net.certificates import CertificateFiles, CertificateProblem

from .pem import pem_pair, write_pair


class CertificateFilesTests(SynchronousTestCase):
    """
    L{CertificateFiles}.
    """

    def setUp(self) -> None:
        """
        A good pair.
        """
        self.folder = Path(self.mktemp())
        self.pair = pem_pair()
        self.certificate, self.key = write_pair(self.folder, self.pair)

    def test_good(self) -> None:
        """
        Two files, or both in one, in either order.
        """
        for content in (b"", self.pair[0] + self.pair[1], self.pair[1] + self.pair[0]):
            files = CertificateFiles(self.certificate, self.key)
            if content:
                self.certificate.write_bytes(content)
                files = CertificateFiles(self.certificate, self.certificate)
            self.assertIsInstance(files.context(), SSL.Context)

    def test_bad(self) -> None:
        """
        What is wrong is one line that names the file; nothing is asked at the terminal.
        """
        missing = self.folder / "missing.pem"
        nonsense = self.folder / "nonsense.pem"
        nonsense.write_text("nothing of use")
        _, other = write_pair(self.folder / "other", pem_pair())
        _, locked = write_pair(self.folder / "locked", pem_pair(password=b"secret"))
        for certificate, key, words in [
            (missing, self.key, f"cannot read {missing}: No such file"),
            (self.certificate, missing, f"cannot read {missing}: No such file"),
            (self.folder, self.key, f"cannot read {self.folder}: Is a directory"),
            (nonsense, self.key, f"{nonsense} holds no certificate"),
            (self.key, self.key, f"{self.key} holds no certificate"),
            (self.certificate, nonsense, f"{nonsense} holds no private key"),
            (self.certificate, self.certificate, f"{self.certificate} holds no private key"),
            (self.certificate, other, f"{other} is not that of the certificate"),
            (self.certificate, locked, f"{locked} is encrypted"),
        ]:
            with self.subTest(words):
                error = self.assertRaises(
                    CertificateProblem, CertificateFiles(certificate, key).context
                )
                self.assertIn(words, str(error))
                self.assertNotIn("\n", str(error))

    def test_stamp(self) -> None:
        """
        A file that is replaced, written or taken away is noticed.
        """
        files = CertificateFiles(self.certificate, self.key)
        stamps = [files.stamp(), files.stamp()]
        self.assertEqual(*stamps)
        write_pair(self.folder / "new", pem_pair("another.example"))
        (self.folder / "new" / "cert.pem").rename(self.certificate)
        stamps.append(files.stamp())
        self.key.unlink()
        stamps.append(files.stamp())
        self.assertEqual(len(set(stamps)), 3)
