"""Wide networks and their tangent kernels, finite by layers and infinite by recursion."""
