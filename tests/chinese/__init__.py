"""What Chinese text reads like: texts written for this project, and how they are counted."""
