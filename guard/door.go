package guard

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The errors of a Door. Their texts are for the caller.
var (
	// ErrUnknown: the caller does not say who it is, or nobody knows the token or
	// certificate.
	ErrUnknown = errors.New("not authenticated")
	// ErrScope: the caller may do other things, but not this.
	ErrScope = errors.New("not permitted")
	// ErrRate: the caller asks more often than it may; see Busy.
	ErrRate = errors.New("too many calls")
)

// Busy is an ErrRate that says when to come again.
type Busy struct {
	What string
	Wait time.Duration
}

// Error says what there was too much of.
func (b Busy) Error() string {
	return fmt.Sprintf("%v: %s; try again in %v", ErrRate, b.What, b.Wait.Round(time.Millisecond))
}

// Is makes a Busy an ErrRate.
func (b Busy) Is(target error) bool { return target == ErrRate }

// DefaultCalls is how many calls a second each caller may make unless told otherwise.
const DefaultCalls = 500

// defaultFailures is DoorConfig.Failures unless told otherwise.
const defaultFailures = 1

// DoorConfig says who may come in.
type DoorConfig struct {
	// Keys are the callers. nil, or neither tokens nor Certificates, lets everybody do
	// everything.
	Keys *Keyring
	// Certificates says that a verified client certificate is taken too.
	Certificates bool
	// Calls is how many calls a second each caller may make, and twice as many at once;
	// DefaultCalls if it is 0.
	Calls float64
	// Failures is how many a second of one address, without a token that is known, are told
	// so; 1 if it is 0. Further ones are an ErrRate.
	Failures float64
	// Log is told of failures, at most once a second.
	Log *slog.Logger
}

// Door lets calls in. Safe for concurrent use.
type Door struct {
	cfg      DoorConfig
	calls    *Rates
	failures *Rates
	counts   [3]atomic.Int64 // of refusals

	mu     sync.Mutex
	logged time.Time
	missed int // failures since
}

// NewDoor returns a Door.
func NewDoor(cfg DoorConfig) *Door {
	if cfg.Calls == 0 {
		cfg.Calls = DefaultCalls
	}
	if cfg.Failures == 0 {
		cfg.Failures = defaultFailures
	}
	return &Door{cfg: cfg, calls: NewRates(cfg.Calls), failures: NewRates(cfg.Failures)}
}

// Refusals counts what a Door did not let in.
type Refusals struct{ Unknown, Scope, Rate int64 }

// Refusals returns what was not let in so far.
func (d *Door) Refusals() Refusals {
	return Refusals{d.counts[0].Load(), d.counts[1].Load(), d.counts[2].Load()}
}

// Open reports whether everybody may do everything.
func (d *Door) Open() bool {
	return d.cfg.Keys == nil || d.cfg.Keys.path == "" && !d.cfg.Certificates
}

// Visitor is one call that wants in.
type Visitor struct {
	// Authorization is the header of that name; Certificate is the client's, verified, or
	// nil.
	Authorization string
	Certificate   *x509.Certificate
	// Peer is the address that the call comes from; it may be invalid.
	Peer netip.Addr
	// Need is what the call wants to do; 0 is what everybody may, such as asking for the
	// health.
	Need Scope
	// What is the call's name, for errors and the log.
	What string
}

// Enter returns who calls. Errors: ErrUnknown, ErrScope, ErrRate.
func (d *Door) Enter(v Visitor) (Principal, error) {
	p, err := d.identify(v)
	if err != nil && v.Need != 0 {
		return p, d.unknown(v, err)
	}
	caller := "token " + p.Name
	if p.Name == "" {
		caller = "peer " + network(v.Peer)
	}
	if ok, wait := d.calls.Take(caller); !ok {
		d.counts[2].Add(1)
		return p, Busy{fmt.Sprintf("more than %v a second", d.cfg.Calls), wait}
	}
	return d.Admit(p, v.Need, v.What)
}

// Admit returns p, who has been let in before, unless it may not do what need is for.
// Errors: ErrScope.
func (d *Door) Admit(p Principal, need Scope, what string) (Principal, error) {
	if need != 0 && !p.Scopes.Has(need) {
		d.counts[1].Add(1)
		return p, fmt.Errorf("%w: %s needs the scope %s; %q has %s", ErrScope, clip(what), need, p.Name, p.Scopes)
	}
	return p, nil
}

// Still reports whether somebody who was let in may still do what need is for.
func (d *Door) Still(p Principal, need Scope) bool {
	return d.Open() || d.cfg.Keys.Still(p, need)
}

// identify returns who v is. A token counts before a certificate.
func (d *Door) identify(v Visitor) (Principal, error) {
	if d.Open() {
		return Principal{Scopes: Everything}, nil
	}
	if v.Authorization != "" {
		scheme, token, _ := strings.Cut(v.Authorization, " ")
		if !strings.EqualFold(scheme, "bearer") || token == "" {
			return Principal{}, fmt.Errorf("%w: want the header \"authorization: Bearer TOKEN\"", ErrUnknown)
		}
		if p, ok := d.cfg.Keys.Token(strings.TrimSpace(token)); ok {
			return p, nil
		}
		return Principal{}, fmt.Errorf("%w: nobody knows this token", ErrUnknown)
	}
	if v.Certificate != nil && d.cfg.Certificates {
		if p, ok := d.cfg.Keys.Certificate(v.Certificate); ok {
			return p, nil
		}
		return Principal{}, fmt.Errorf("%w: the client certificate of %q is not on the list", ErrUnknown, clip(namesOf(v.Certificate)[0]))
	}
	if d.cfg.Certificates {
		return Principal{}, fmt.Errorf("%w: send a token in the header \"authorization: Bearer TOKEN\", or a client certificate", ErrUnknown)
	}
	return Principal{}, fmt.Errorf("%w: send a token in the header \"authorization: Bearer TOKEN\"", ErrUnknown)
}

// unknown counts a failure. A right token from the same address is still let in: nobody
// can lock others out by being wrong.
func (d *Door) unknown(v Visitor, err error) error {
	d.counts[0].Add(1)
	d.tell(v, err)
	if ok, wait := d.failures.Take(network(v.Peer)); !ok {
		d.counts[2].Add(1)
		return Busy{"more than a few without a token that is known", wait}
	}
	return err
}

// tell logs failures, those of a second in one line.
func (d *Door) tell(v Visitor, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.missed++
	if time.Since(d.logged) < time.Second {
		return
	}
	d.cfg.Log.Warn("call refused", "method", clip(v.What), "peer", v.Peer.String(), "error", err, "failures", d.missed)
	d.logged, d.missed = time.Now(), 0
}

// maxSaid bounds what is repeated of what somebody sent, in bytes.
const maxSaid = 128

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), maxSaid)], "") }

// network returns what counts as one caller: an IPv4 address, or the /64 that is one
// customer's in IPv6.
func network(a netip.Addr) string {
	if a = plain(a); a.Is6() {
		p, _ := a.Prefix(64) // 64 is in range
		return p.String()
	}
	return a.String()
}
