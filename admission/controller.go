package admission

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrNoCapacity is returned when the machine cannot carry what was asked for. The error is a *Shortage.
var ErrNoCapacity = errors.New("admission: no capacity")

// Shortage says what there is too little of.
type Shortage struct {
	Needed   Cost // by the mix that was refused
	InUse    Cost // by the others
	Capacity Cost // that may be used
}

// Error describes it with the numbers, for whoever asked.
func (s *Shortage) Error() string {
	return fmt.Sprintf("%v: the mix needs about %v; in use: %v of %v", ErrNoCapacity, s.Needed, s.InUse, s.Capacity)
}

// Unwrap returns ErrNoCapacity.
func (s *Shortage) Unwrap() error { return ErrNoCapacity }

const (
	// usable is the share of the CPU that mixes may take: ticks must be on time, so some
	// of it has to be idle at any moment.
	usable = 0.85
	// usableMemory is the share of the memory.
	usableMemory = 0.9
	// window is how long a mix is measured for one figure.
	window = 10 * time.Second
	// floor is the share of what was expected that a mix is counted with at least, however
	// little it takes: hidden guests come back.
	floor = 0.5
	// slowestMachine and fastestMachine bound what is learned.
	slowestMachine, fastestMachine = 4.0, 0.25
	// learning is the weight of a new figure against what was learned before.
	learning = 0.2
)

// Controller admits mixes as long as there is capacity. Make one with New. Safe for
// concurrent use.
type Controller struct {
	capacity Cost

	mu     sync.Mutex
	mixes  map[string]*load
	factor float64 // of the coefficients on this machine
}

// load is one mix that was admitted.
type load struct {
	expected Cost // by the coefficients
	measured Cost // zero until it has been observed for a window
	begun    bool
	at       time.Time // of the last figure
	cpu      time.Duration
}

// New returns a controller of a machine with that capacity. A part of it stays free.
func New(c Capacity) *Controller {
	return &Controller{
		capacity: Cost{Cores: c.Cores * usable, Memory: int64(float64(c.Memory) * usableMemory)},
		mixes:    map[string]*load{}, factor: 1,
	}
}

// Admit takes mix id in, or takes up that it is another now. On a *Shortage, which wraps
// ErrNoCapacity, nothing has changed. A mix that does not grow is never refused. Whoever
// admits a mix calls Release when it has ended.
func (c *Controller) Admit(id string, m Mix) error {
	expected := m.Cost()
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.mixes[id]
	shrinks := before != nil && expected.Cores <= before.expected.Cores && expected.Memory <= before.expected.Memory
	if err := c.fits(expected, id); err != nil && !shrinks {
		return err
	}
	c.take(id, expected)
	return nil
}

// Adopt is Admit for a mix that runs anyway, such as one that was admitted by an earlier
// process: it is never refused.
func (c *Controller) Adopt(id string, m Mix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.take(id, m.Cost())
}

// Fits returns the *Shortage that Admit would return for a new mix, or nil.
func (c *Controller) Fits(m Mix) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fits(m.Cost(), "")
}

// fits says whether what is expected fits beside all mixes but one; the lock is held.
func (c *Controller) fits(expected Cost, but string) error {
	needed := Cost{Cores: expected.Cores * c.factor, Memory: expected.Memory}
	others := c.inUse(but)
	if total := others.plus(needed); total.Cores > c.capacity.Cores || total.Memory > c.capacity.Memory {
		return &Shortage{Needed: needed, InUse: others, Capacity: c.capacity}
	}
	return nil
}

// take counts a mix; the lock is held. What was measured of one that is as large as before
// still counts.
func (c *Controller) take(id string, expected Cost) {
	if before := c.mixes[id]; before != nil && before.expected == expected {
		return
	}
	c.mixes[id] = &load{expected: expected}
}

// Release gives back what mix id has. One that is not there is no error.
func (c *Controller) Release(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.mixes, id)
}

// Observe takes in what mix id has really taken: CPU time since its process began and
// its memory now. Call it about every second; at is when.
func (c *Controller) Observe(id string, at time.Time, cpu time.Duration, memory int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.mixes[id]
	if l == nil {
		return
	}
	if !l.begun || cpu < l.cpu || at.Before(l.at) { // the first figure, or another process
		l.begun, l.at, l.cpu = true, at, cpu
		return
	}
	d := at.Sub(l.at)
	if d < window {
		return
	}
	l.measured = Cost{Cores: (cpu - l.cpu).Seconds() / d.Seconds(), Memory: max(memory, 0)}
	l.at, l.cpu = at, cpu
	c.learn()
}

// learn compares what all measured mixes take with what was expected of them.
func (c *Controller) learn() {
	var expected, measured float64
	for _, l := range c.mixes {
		if l.measured.Cores > 0 {
			expected += l.expected.Cores
			measured += l.measured.Cores
		}
	}
	if expected == 0 {
		return
	}
	c.factor += learning * (measured/expected - c.factor)
	c.factor = min(max(c.factor, fastestMachine), slowestMachine)
}

// Calibrate says by a figure from outside how this machine compares with the one of the
// coefficients: 2 is twice as slow. What is learned goes on from there.
func (c *Controller) Calibrate(factor float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if factor > 0 { // not NaN either
		c.factor = min(max(factor, fastestMachine), slowestMachine)
	}
}

// Usage returns what is in use, and what may be.
func (c *Controller) Usage() (inUse, capacity Cost) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inUse(""), c.capacity
}

// Factor returns how slow this machine is by what was learned; 1 is as measured.
func (c *Controller) Factor() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.factor
}

// inUse adds up all mixes but one; the lock is held.
func (c *Controller) inUse(but string) (sum Cost) {
	for id, l := range c.mixes {
		if id != but {
			sum = sum.plus(l.cost(c.factor))
		}
	}
	return sum
}

// cost returns what the mix is counted with.
func (l *load) cost(factor float64) Cost {
	cost := Cost{Cores: l.expected.Cores * factor, Memory: l.expected.Memory}
	if l.measured == (Cost{}) {
		return cost
	}
	return Cost{
		Cores:  max(l.measured.Cores, floor*cost.Cores),
		Memory: max(l.measured.Memory, int64(floor*float64(cost.Memory))),
	}
}
