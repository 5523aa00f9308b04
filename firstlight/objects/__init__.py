"""Bytes under names, put once and read often: in a folder of one machine, or in a bucket that many share."""
