"""What is said about gradient descent, and the experiments that show how true it is."""
