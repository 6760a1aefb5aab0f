"""
Certificates and keys in files.
"""

from pathlib import Path

from cryptography.hazmat.primitives import serialization

from .peers import certificate


def pem_pair(name: str = "localhost", password: bytes = b"") -> tuple[bytes, bytes]:
    """
    A certificate that is signed by itself, and its key.

    @param password: encrypts the key.
    """
    made, key = certificate(name)
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return (
        made.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        ),
    )


def write_pair(folder: Path, pair: tuple[bytes, bytes]) -> tuple[Path, Path]:
    """
    Both in files of a folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate_file, key_file = folder / "cert.pem", folder / "key.pem"
    certificate_file.write_bytes(pair[0])
    key_file.write_bytes(pair[1])
    return certificate_file, key_file
