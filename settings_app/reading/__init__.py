"""Bytes of any kind become documents and entries. Pure: no Django, no network, no rows."""
