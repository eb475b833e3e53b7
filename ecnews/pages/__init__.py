"""What stands on a page: which layout it has, its raw fields; bytes in, plain data out."""
