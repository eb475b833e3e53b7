"""For scrapyd-deploy, which builds by it, and writes one of its own where there is none."""

from setuptools import setup

setup()
