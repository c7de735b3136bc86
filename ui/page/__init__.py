"""What single pages are made of: a module for each, and none imports another."""
