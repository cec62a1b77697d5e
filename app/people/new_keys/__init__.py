"""New keys of somebody who lost theirs: brought by the person, certified by a supervisor who compared the words."""
