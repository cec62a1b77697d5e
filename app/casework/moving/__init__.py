"""Reports go from case to case: cases are merged, split, and taken apart again."""
