"""What a dataset must look like, and the judge that says whether a row does."""
