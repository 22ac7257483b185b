"""What stands around the core: each way in is a folder here, and none imports another."""
