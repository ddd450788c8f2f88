"""The services' OpenAPI documents: the route table and the merged document."""
