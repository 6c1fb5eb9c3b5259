package e2e

import (
	"flag"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

var (
	chaosRounds = flag.Int("chaos", 60, "rounds of TestChaos; 0 leaves it out")
	chaosSeed   = flag.Uint64("chaos-seed", 0, "seed of TestChaos (default: another one each time)")
)

// Of 1 000 rounds, so many kill a worker and so many the service, some moments after the
// call has begun.
const (
	workerKills  = 120
	serviceKills = 30
)

// TestChaos makes random calls of the API while workers and the service itself are killed
// at random moments (`make chaos` for 1 000 rounds), and compares what the service knows
// with a model: nothing that it acknowledged is lost, whatever died when. In the end no
// process, no zombie and no open file is left.
func TestChaos(t *testing.T) {
	if *chaosRounds == 0 {
		t.Skip("only with -chaos ROUNDS")
	}
	seed := *chaosSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-chaos-seed %d repeats these calls", seed)
	c := newChaos(t, rand.New(rand.NewPCG(seed, 0)))
	c.settle() // open what is opened once
	before := descriptors(c.process.PID())

	for round := range *chaosRounds {
		killed := c.killSoon()
		c.call()
		if <-killed {
			c.restart()
			c.compare("after the service was killed")
		}
		if round%50 == 49 {
			c.compare("on the way")
		}
	}
	c.compare("in the end")
	t.Logf("%d calls: %d acknowledged, %d refused as the model says, %d cut off; %d workers and %d services killed",
		c.calls, c.acknowledged, c.refused, c.uncertain, c.workersKilled, c.servicesKilled)
	t.Logf("the service was back %v after its start (median; at most %v)", c.median(), c.longest())

	// A service that was just started has opened what it opens once, and so has the first.
	c.settle()
	if n := children(c.process.PID()); len(n) > 0 {
		t.Errorf("the processes %v are left", n)
	}
	if n := zombies(c.process.PID()); n > 0 {
		t.Errorf("%d zombies are left", n)
	}
	if after := descriptors(c.process.PID()); after > before+descriptorSlack {
		t.Errorf("%d files are open; there were %d", after, before)
	}
	if n := c.strays(); n > 0 {
		t.Errorf("%d processes of services that were killed are left", n)
	}
}

// descriptorSlack is how many more files may be open: the store's own files, which depend
// on what it keeps.
const descriptorSlack = 12

// killSoon kills something during the next moments, or nothing; the result says whether
// that was the service.
func (c *chaos) killSoon() <-chan bool {
	killed := make(chan bool, 1)
	dice, wait := c.random.IntN(1000), time.Duration(c.random.IntN(15))*time.Millisecond
	pick := c.random.Uint32()
	if dice >= workerKills+serviceKills {
		killed <- false
		return killed
	}
	go func() {
		timer := time.NewTimer(wait)
		<-timer.C
		if dice < serviceKills {
			c.process.Kill()
			c.servicesKilled++
			killed <- true
			return
		}
		if workers := children(c.process.PID()); len(workers) > 0 {
			_ = syscall.Kill(workers[pick%uint32(len(workers))], syscall.SIGKILL)
			c.workersKilled++
		}
		killed <- false
	}()
	return killed
}

// cutOff says that a call may have done its work or not.
func cutOff(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Canceled, codes.DeadlineExceeded, codes.Unknown:
		return true
	default:
		return false
	}
}
