// Package cache gets a value or loads it: fresh from memory while its time
// lasts, loaded once for a crowd, and old where loading fails and the caller
// allows it.
//
// Values are kept sealed under the deployment's ring and bound to their key, so
// that memory dumps and, later, a shared cache show nothing. The number of
// entries is bounded. It must not know what it keeps.
//
// The backend is patrickmn/go-cache, which has no bound, no stampede protection
// and treats a negative lifetime as eternal; all three are handled here.
package cache
