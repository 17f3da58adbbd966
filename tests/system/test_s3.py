"""Buckets as websites, through Fingerpost."""
