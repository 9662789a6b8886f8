"""What others offer for the same jobs, one file a library, written as their users write it."""
