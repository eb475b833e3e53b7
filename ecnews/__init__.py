"""ecnews crawls the digital-retail section of 100ec.cn and keeps clean articles in a database."""

__version__ = "0.1.0"
