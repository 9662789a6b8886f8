"""Released files whose ciphertexts are replaced: where they are, and the file that follows."""
