// Package guard keeps away from the service what it should not serve.
//
// Its nouns: a [Policy] says which peers the engine may connect to, and its [Gate] holds
// each connection to it; a [Keyring] knows the callers, each a [Principal] with [Scopes]; a
// [Door] lets calls in, at the rate that each caller has; a [Listener] bounds connections;
// [Certificates] are TLS's; [StreamKeys] say who publishes to the embedded origin.
//
// Caveats: addresses are checked when they are dialled, not when a name is looked up
// before, so a name that changes its mind opens nothing. What is read from a file is read
// again when the file has changed, at most once a second; a file that has become
// unreadable or wrong leaves what was read before in force, and says so in the log.
package guard
