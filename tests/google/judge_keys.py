"""Drives a stand-in of Cloud KMS through every operation and fault that our component relies on.

Arguments: the server's address, a token that may do everything, one that may do nothing, and two keys.
"""

import sys

from client import DENIED, INVALID, NOT_FOUND, PRECONDITION, UNAUTHENTICATED, crc32c, key_management, refused

KEY, OTHER = sys.argv[4:6]
manager = key_management()


def encrypt(plaintext, aad=b"", key=KEY, **more):
    request = {"name": key, "plaintext": plaintext, "plaintext_crc32c": crc32c(plaintext)}
    if aad:
        request |= {"additional_authenticated_data": aad, "additional_authenticated_data_crc32c": crc32c(aad)}
    return manager.encrypt(request=request | more)


def decrypt(ciphertext, aad=b"", key=KEY, **more):
    request = {"name": key, "ciphertext": ciphertext, "ciphertext_crc32c": crc32c(ciphertext)}
    if aad:
        request |= {"additional_authenticated_data": aad, "additional_authenticated_data_crc32c": crc32c(aad)}
    return manager.decrypt(request=request | more)


def there_and_back():
    for plaintext in [b"one", b"", bytes(range(256)), b"x" * 65536]:
        for aad in [b"", b"bound", bytes(range(256))]:
            sealed = encrypt(plaintext, aad)
            assert sealed.name.startswith(f"{KEY}/cryptoKeyVersions/")
            assert sealed.verified_plaintext_crc32c and sealed.ciphertext_crc32c == crc32c(sealed.ciphertext)
            assert sealed.verified_additional_authenticated_data_crc32c == bool(aad)
            opened = decrypt(sealed.ciphertext, aad)
            assert opened.plaintext == plaintext and opened.plaintext_crc32c == crc32c(plaintext)
    assert encrypt(b"same").ciphertext != encrypt(b"same").ciphertext
    assert not manager.encrypt(name=KEY, plaintext=b"unchecked").verified_plaintext_crc32c


def faults():
    sealed = encrypt(b"data", b"bound").ciphertext
    assert b"data" not in sealed and b"bound" not in sealed
    refused(INVALID, decrypt, sealed, b"other")
    refused(INVALID, decrypt, sealed)
    refused(INVALID, decrypt, sealed, b"bound", key=OTHER)
    for broken in [sealed[:-1], sealed[:10], b"", bytes([sealed[0] ^ 1]) + sealed[1:], sealed[:-1] + b"\0", b"data"]:
        refused(INVALID, decrypt, broken, b"bound")
    refused(INVALID, encrypt, b"data", plaintext_crc32c=1)
    refused(INVALID, encrypt, b"data", b"bound", additional_authenticated_data_crc32c=1)
    refused(INVALID, decrypt, sealed, b"bound", ciphertext_crc32c=1)
    refused(INVALID, decrypt, sealed, b"bound", additional_authenticated_data_crc32c=1)
    refused(INVALID, encrypt, b"x" * 65537)
    refused(NOT_FOUND, encrypt, b"data", key=f"{KEY}-missing")
    refused(NOT_FOUND, decrypt, sealed, key=f"{KEY}-missing")


def keys():
    found = manager.get_crypto_key(name=KEY)
    assert found.name == KEY and found.purpose.name == "ENCRYPT_DECRYPT" and found.primary.state.name == "ENABLED"
    refused(NOT_FOUND, manager.get_crypto_key, name=f"{KEY}-missing")
    sealed = encrypt(b"data", key=OTHER).ciphertext
    version = {"name": f"{OTHER}/cryptoKeyVersions/1"}
    manager.update_crypto_key_version(crypto_key_version=version | {"state": "DISABLED"}, update_mask="state")
    assert manager.get_crypto_key(name=OTHER).primary.state.name == "DISABLED"
    refused(PRECONDITION, encrypt, b"data", key=OTHER)
    refused(PRECONDITION, decrypt, sealed, key=OTHER)
    manager.update_crypto_key_version(crypto_key_version=version | {"state": "ENABLED"}, update_mask="state")
    assert decrypt(sealed, key=OTHER).plaintext == b"data"


def callers():
    for token, status in [("wrong", UNAUTHENTICATED), (sys.argv[3], DENIED)]:
        other = key_management(token)
        refused(status, other.encrypt, name=KEY, plaintext=b"x")
        refused(status, other.decrypt, name=KEY, ciphertext=b"x")
        refused(status, other.get_crypto_key, name=KEY)


for judged in [there_and_back, faults, keys, callers]:
    judged()
    print(judged.__name__)
