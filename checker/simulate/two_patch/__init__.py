"""A two-layer convolutional network on points made of a signal patch and a noise patch, trained in inner products."""
