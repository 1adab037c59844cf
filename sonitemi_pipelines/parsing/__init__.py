"""Payload bytes to words, turns and header, whatever vendor they came from."""
