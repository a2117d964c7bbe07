"""REST API of the deployment as a whole."""
