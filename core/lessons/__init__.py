"""What single pages teach with: their sections, prepared runs, and what these runs show."""
