"""What a contributor may write: frozen, strict pydantic models, from the leaves up to the whole file."""
