// Package config reads this service's configuration from the environment once,
// checks all of it, and tells every fault in one message.
//
// It owns the names (PCA_*), their defaults and their checks. A secret can be
// given as PCA_X or, better, as PCA_X_FILE; never both. Names that it does not
// know are refused, for a misspelt one would silently do nothing.
//
// It must not open anything but the files named, and no other room reads the
// environment.
package config
