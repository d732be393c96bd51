"""What an office writes down beside the graph: lists, contacts, weight schemes."""
