// Package config reads this service's configuration from the environment once,
// checks all of it, and reports every fault in one error.
//
// It owns the names (PCA_*), their defaults and their checks. A secret can be
// given as PCA_X or, better, as PCA_X_FILE; never both. Unknown names are
// refused, because a misspelt one would silently do nothing.
//
// It must not open anything but the files named, and no other package reads the
// environment.
package config
