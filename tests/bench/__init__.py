"""`make bench`: what the crawler costs, as ratios against peers measured in the same run."""
