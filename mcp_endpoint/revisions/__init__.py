"""The revisions of the Model Context Protocol. All four are served on each URL, at the same time, without sessions."""
