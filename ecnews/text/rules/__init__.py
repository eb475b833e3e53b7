"""What counts as boilerplate: data for the modules of `ecnews.text`."""
