"""Data: parallel files to numbered sentence pairs to padded batches."""
