package mixer

import (
	"context"
	"errors"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

func stop(t *testing.T, s *Session) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := s.Stop(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Fatal("the session does not stop")
	}
	return err
}

func TestStopInTheMiddleFreesEverything(t *testing.T) {
	st := three(t, 0)
	reached := make(chan struct{})
	// Just before a tick: the pictures and the sound of this moment are under way.
	st.at = []cue{{1500 * ms, func(*Session, Spec) { close(reached) }}}
	s := st.start()
	<-reached
	if err := stop(t, s); err != nil {
		t.Error(err)
	}
	if err := stop(t, s); err != nil {
		t.Errorf("second Stop: %v", err)
	}
	if err := s.Apply(st.spec); !errors.Is(err, ErrStopped) {
		t.Errorf("Apply after the end: %v, want ErrStopped", err)
	}
	for url, f := range st.feeds {
		select {
		case <-f.(*script).closed:
		default:
			t.Errorf("feed %s is open", url)
		}
	}
	tape := st.tapes["tape"]
	<-tape.closed
	// Up to where it was stopped nothing is missing, whichever kind came last.
	tape.cadence(t, tape.packets[len(tape.packets)-1].DTS+1)
	if n := len(st.told(MixStopped)); n != 1 {
		t.Errorf("%d times told that the mix has stopped", n)
	}
}

// On a virtual clock sources are waited for; a feed that never brings anything must
// not keep the mix from being stopped.
func TestStopWhileASourceIsWaitedFor(t *testing.T) {
	silent := newScript()
	silent.stay = true
	st := newTheatre(t, time.Second, silent)
	began := make(chan struct{})
	st.at = []cue{{0, func(*Session, Spec) { close(began) }}}
	s := st.start()
	<-began
	if err := stop(t, s); err != nil {
		t.Error(err)
	}
}

func TestSinkThatFailsEndsNothingButItself(t *testing.T) {
	st := three(t, time.Second)
	bad := &tape{failAt: 20}
	st.tapes["bad"] = bad
	st.spec.Outputs = append(st.spec.Outputs, Output{Name: "bad", URL: "bad"})
	s := st.start()
	<-s.Done()
	// It is a render: the file that could not be written is its failure.
	if err := s.Err(); !errors.Is(err, errSink) {
		t.Errorf("error %v, want that of the sink", err)
	}
	st.tapes["tape"].cadence(t, time.Second)
	if len(bad.packets) != 20 {
		t.Errorf("the output that failed took %d packets", len(bad.packets))
	}
	events := st.told(OutputChanged)
	if len(events) < 2 || events[0].Name != "bad" || events[0].Output != OutputLost || events[0].Reason != errSink.Error() {
		t.Errorf("events %+v", events)
	}
}

func TestStartRefusesWithoutLeavingAnything(t *testing.T) {
	for name, change := range map[string]func(*theatre){
		"odd size":  func(st *theatre) { st.spec.Video.Width = 241 },
		"no size":   func(st *theatre) { st.spec.Video.Height = 0 },
		"bitrate":   func(st *theatre) { st.spec.Video.Bitrate = -1 },
		"preset":    func(st *theatre) { st.spec.Video.Preset = "warp" },
		"frames":    func(st *theatre) { st.spec.Video.FrameRate.Num = 0 },
		"template":  func(st *theatre) { st.spec.Layout.Template = "none" },
		"no feed":   func(st *theatre) { st.spec.Participants[2].URL = "x" },
		"no output": func(st *theatre) { st.opts.OpenSink = refuseSink },
		"sound":     func(st *theatre) { st.spec.Audio.Bitrate = -5 },
	} {
		t.Run(name, func(t *testing.T) {
			st := three(t, time.Second)
			change(st)
			s, err := Start(context.Background(), st.spec, st.opts)
			if err == nil {
				t.Error("started")
				_ = stop(t, s)
			}
		})
	}
}

func refuseSink(Output, Header, func(), func(OutputState, string)) (Sink, error) { return nil, errSink }
