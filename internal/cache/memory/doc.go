// Package memory is the cache's backend within the process. It keeps values as
// they are: nothing is encoded, sealed or copied, so that a hit costs one look-up.
//
// It owns the bound on the number of items and the rule that an item without a
// lifetime is not kept. It must not know what it keeps, nor decide whether an
// item is fresh: internal/cache does, by its own clock. Here the machine's clock
// only decides when memory is freed.
//
// It uses patrickmn/go-cache, which has no limit, keeps an item with a negative
// lifetime for ever, and shares what it holds. The first two are handled here;
// the third is the contract of internal/cache: values are never changed.
package memory
