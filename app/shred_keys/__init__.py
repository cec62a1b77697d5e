"""The keys of sealed files: a store of their own, which no backup has, and its copies of a week."""
