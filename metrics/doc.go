// Package metrics tells Prometheus how a service is doing.
//
// Its one noun is [Metrics]: what is read from the mixes when somebody scrapes, and
// what is counted of the API's calls as they end. Nothing is done for a frame or a
// packet: a scrape reads the statistics that each mix takes once a second anyway.
//
// Caveats:
//
//   - Counters of a mix count from the beginning of the process that mixes. When that
//     process is started anew they begin at 0 again, which rate() and increase() take
//     for what it is; lianmai_mix_worker_restarts_total says how often it happened.
//   - Labels are ids and names that the API has checked, never a URL. At most
//     [DefaultMaxMixes] mixes have series of their own; the others are added up
//     under mix="_rest".
//   - A mix that has stopped is gone from the next scrape on.
package metrics
