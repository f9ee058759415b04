"""What a user's function is: its code and what that refers to, as a hash that comments and formatting do not change."""
