"""A site's own pages become documents. Pure, but for `fetching` and `reader`."""
