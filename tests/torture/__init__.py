"""`make torture`: crawls that are killed, cut off from their database and out of disk, and what
they leave."""
