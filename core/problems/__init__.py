"""Problems beyond a formula, such as data, networks and matrices, and what theory knows of them."""
