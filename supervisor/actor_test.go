package supervisor

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lianmai/lianmai/compose"
	"github.com/lianmai/lianmai/media"
	"github.com/lianmai/lianmai/mixer"
	"github.com/lianmai/lianmai/worker"
	"github.com/lianmai/lianmai/worker/wire"
)

// actor is a worker that does what its role says.
type actor struct {
	raw   net.Conn
	conn  *wire.Conn
	args  []string
	start *wire.Start
}

// act plays a role and ends the process.
func act(role string, args []string) {
	conn, err := net.FileConn(os.NewFile(3, "supervisor"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	a := &actor{raw: conn, conn: wire.New(conn, 0), args: args}
	play, ok := roles[role]
	if !ok {
		fmt.Println("no such role:", role)
		os.Exit(1)
	}
	play(a)
	os.Exit(0)
}

// roles are the workers that tests have, by name.
var roles = map[string]func(*actor){
	"real":   (*actor).mix,
	"mute":   func(*actor) { select {} },
	"exit":   func(*actor) { os.Exit(3) },
	"refuse": func(a *actor) { a.hear(); a.say(wire.Message{Ready: &wire.Result{Error: "no such thing"}}) },
	"garbage": func(a *actor) {
		for {
			_, _ = a.raw.Write([]byte(strings.Repeat("garbage ", 1000)))
		}
	},
	"giant": func(a *actor) {
		_, _ = a.raw.Write(binary.BigEndian.AppendUint64(nil, 1<<63|1<<31))
		select {}
	},
	"no pulse":    func(a *actor) { a.begin(); select {} },
	"still":       func(a *actor) { a.begin(); a.pulse(func(int) time.Duration { return 5 }) },
	"deaf":        func(a *actor) { a.begin(); a.pulse(steady) },
	"crash":       func(a *actor) { a.begin() },
	"panic":       func(a *actor) { a.begin(); panic("a worker's panic\n" + strings.Repeat("so much to say\n", 10_000)) },
	"segv":        func(a *actor) { a.begin(); fault() },
	"broke off":   func(a *actor) { a.begin(); a.say(wire.Message{Ended: &wire.Result{Error: "the encoder broke"}}) },
	"wrong kind":  func(a *actor) { a.begin(); a.say(wire.Message{Event: &mixer.Event{Kind: 200}}); a.pulse(steady) },
	"wrong state": func(a *actor) { a.begin(); a.sources(mixer.SourceStats{State: 99}); a.pulse(steady) },
	"claims": func(a *actor) {
		a.begin()
		a.say(wire.Message{Event: &mixer.Event{Kind: mixer.WorkerLost}})
		a.pulse(steady)
	},
	"crowd":   func(a *actor) { a.begin(); a.sources(make([]mixer.SourceStats, 50)...); a.pulse(steady) },
	"nothing": func(a *actor) { a.begin(); a.say(wire.Message{}); a.pulse(steady) },
	"asks":    func(a *actor) { a.begin(); flood(a, wire.Message{Ask: &wire.Ask{Sound: "slow"}}) },
	"events":  func(a *actor) { a.begin(); flood(a, wire.Message{Event: &mixer.Event{Kind: mixer.SourceFormat}}) },
	"large": func(a *actor) {
		a.begin()
		flood(a, wire.Message{Event: &mixer.Event{Reason: strings.Repeat("x", maxWorkerHeader)}})
	},
	"payload": func(a *actor) {
		a.begin()
		_ = a.conn.Send(wire.Message{Release: &wire.Release{}}, make([]byte, 1))
		a.pulse(steady)
	},
	"talkative":  (*actor).talk,
	"hungry":     (*actor).eat,
	"borrower":   (*actor).borrow,
	"dead check": func(a *actor) { a.hear(); fault() },
	"odd check":  func(a *actor) { a.hear(); a.say(wire.Message{Checked: &wire.Checked{Kind: 1000, Error: "odd"}}) },
}

// say says something; the process ends when nobody listens.
func (a *actor) say(m wire.Message) {
	if a.conn.Send(m, nil) != nil {
		os.Exit(4)
	}
}

// hear hears the first message.
func (a *actor) hear() {
	m, _, err := a.conn.Receive()
	if err != nil {
		os.Exit(5)
	}
	a.start = m.Start
}

// begin says that the mix runs.
func (a *actor) begin() {
	a.hear()
	a.say(wire.Message{Ready: &wire.Result{}})
	a.say(wire.Message{Event: &mixer.Event{Kind: mixer.MixStarted, Revision: a.start.Spec.Revision}})
}

// steady is a tick that goes on.
func steady(n int) time.Duration { return time.Duration(n) * time.Second }

// pulse shows ticks for ever.
func (a *actor) pulse(at func(int) time.Duration) {
	for n := range time.Tick(100 * time.Millisecond) {
		a.say(wire.Message{Pulse: &wire.Pulse{At: at(int(n.UnixMilli()))}})
	}
}

func (a *actor) sources(list ...mixer.SourceStats) {
	a.say(wire.Message{Pulse: &wire.Pulse{Stats: mixer.Stats{Sources: list}}})
}

// flood says the same as fast as it can.
func flood(a *actor, m wire.Message) {
	for n := int64(0); ; n++ {
		if m.Ask != nil {
			m.Ask.ID = n
		}
		a.say(m)
	}
}

// fault does what a decoder does that writes where it may not.
func fault() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
	select {}
}

// mix is a real worker. It holds a lock file, if one is named, for as long as it lives.
func (a *actor) mix() {
	media.QuietNative()
	if len(a.args) > 0 {
		lock, err := os.OpenFile(a.args[0], os.O_CREATE|os.O_RDWR, 0o600)
		if err == nil {
			err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		}
		if err != nil {
			_ = os.WriteFile(a.args[0]+".double", []byte(err.Error()), 0o600)
		}
		defer lock.Close()
	}
	err := worker.Run(a.conn, worker.Config{
		Fonts: func(*slog.Logger) *compose.Fonts { return compose.BundledFonts() }, Level: slog.LevelDebug, Limit: worker.Limit,
	})
	if err != nil {
		os.Exit(1)
	}
}

// talk logs, more than anybody reads.
func (a *actor) talk() {
	a.begin()
	go a.pulse(steady)
	for n := 0; ; n++ {
		line, _ := json.Marshal(map[string]any{"msg": "words", "level": "WARN", "n": n})
		a.say(wire.Message{Log: line})
	}
}

// eat maps memory until there is no more.
func (a *actor) eat() {
	a.hear()
	if err := worker.Limit(a.start.Limits); err != nil {
		a.say(wire.Message{Ready: &wire.Result{Error: err.Error()}})
		return
	}
	a.say(wire.Message{Ready: &wire.Result{}})
	a.say(wire.Message{Event: &mixer.Event{Kind: mixer.MixStarted}})
	for range 1000 {
		if _, err := unix.Mmap(-1, 0, 16<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS); err != nil {
			break
		}
	}
	_ = make([]byte, 1<<30)
	a.pulse(steady)
}

// borrow asks for sounds, of which it gives back the first.
func (a *actor) borrow() {
	a.begin()
	go a.pulse(steady)
	for id := int64(1); id <= 3; id++ {
		a.say(wire.Message{Ask: &wire.Ask{ID: id, Sound: "s"}})
		m, _, err := a.conn.Receive()
		if err != nil || m.Answer == nil || m.Answer.Path != "/the/sound" {
			os.Exit(6)
		}
	}
	a.say(wire.Message{Release: &wire.Release{ID: 1}})
	select {}
}

// supervise runs one worker of a role, says which process it is, and goes on.
func supervise(role string) {
	program, _ := os.Executable()
	s := New(Config{Command: []string{program, "worker", role}, Log: slog.New(slog.DiscardHandler), Patience: time.Hour})
	m, err := s.Start(mixer.Spec{ID: "m"}, func(mixer.Event) {})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(m.current().cmd.Process.Pid)
	select {}
}
