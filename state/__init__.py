"""What travels: the types that HTTP, the command line and the graph share unchanged. No I/O."""
