"""What dispatchers and technicians are told of jobs, and where."""
