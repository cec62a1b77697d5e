"""What two have agreed to end in a case is destroyed, otherwise than by rule."""
